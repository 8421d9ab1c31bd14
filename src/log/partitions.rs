//! Turning data partitions on or off for the service `default`; other services have them from the beginning or never.

use sqlx::Connection;

use super::{LogError, Services, state::State};
use crate::{
    ids::{PartitionKey, ServiceId, ServiceName},
    projection,
};

impl Services {
    /// Finds or creates the service `default` and gives it the settings of this server. What it holds already is in the
    /// default partition. Partitions cannot be turned off while there are others.
    pub async fn open_default(&self) -> Result<(), LogError> {
        let name = ServiceName::default_service();
        let wanted = self.default_settings;
        let (service, _) = self.create(&name, wanted).await?;
        if service.settings != wanted {
            self.set_partitions(service.id, wanted.partitions).await?;
            self.forget(&service);
        }
        Ok(())
    }

    async fn set_partitions(&self, service: ServiceId, partitions: bool) -> Result<(), LogError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        State::lock(&mut transaction, service).await?; // from here on nobody creates a partition
        let last = projection::last_partition(&mut transaction, service).await?;
        if !partitions && last != PartitionKey::DEFAULT {
            return Err(LogError::PartitionsInUse);
        }
        sqlx::query("update services set partitions = $2 where id = $1")
            .bind(service.0)
            .bind(partitions)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
