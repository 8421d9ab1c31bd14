//! Ending studies whose time has come.

use jiff::Timestamp;
use sqlx::PgPool;

use super::{CommandError, execute};
use crate::{
    domain::expire::Expire,
    log::{Service, Services},
    read,
};

/// Deletes the studies of a service that are due at `now`, by its own clock; answers how many were.
pub async fn expire(
    pool: &PgPool,
    services: &Services,
    service: &Service,
    now: Timestamp,
) -> Result<usize, CommandError> {
    let due = read::studies::due(pool, service.id, now).await?;
    let count = due.len();
    for study in due {
        execute(services, service, Expire { study }).await?;
    }
    Ok(count)
}

/// The same for every service.
pub async fn expire_everywhere(pool: &PgPool, services: &Services) -> Result<usize, CommandError> {
    let mut count = 0;
    for summary in services.list().await? {
        let service = services.get_or_create(&summary.name).await?;
        let (_, now) = services.clock(&service).await?;
        count += expire(pool, services, &service, now).await?;
    }
    Ok(count)
}
