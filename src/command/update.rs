//! Asking for a bulk update.

use super::{CommandError, execute};
use crate::{
    domain::{operation::update::Update, update::StartUpdate},
    ids::{OperationId, Position},
    log::{Service, Services},
};

/// Starts an update, unless another one is under way.
pub async fn start(
    services: &Services,
    service: &Service,
    task: Update,
) -> Result<(OperationId, Option<Position>), CommandError> {
    let receipt = execute(services, service, StartUpdate { task }).await?;
    Ok((receipt.answer?, receipt.position))
}
