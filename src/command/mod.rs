//! Mutations as requests make them: gather what is needed, then let the log decide.

pub mod expire;
pub mod export;
pub mod store;
pub mod update;

use std::sync::Arc;

use crate::{
    domain::{Command, Rejection, delete::Delete, partition::CreatePartition},
    ids::{PartitionName, Position, Resource},
    log::{LogError, Receipt, Service, Services},
    read::ReadError,
};

/// Why a mutation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It may not.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It could not.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        Self::Log(error.into())
    }
}

/// Executes a command in a service; if another process deleted the service meanwhile, in a new one of that name.
pub async fn execute<C: Command>(
    services: &Services,
    service: &Service,
    command: C,
) -> Result<Receipt<C::Answer>, LogError> {
    let command = Arc::new(command);
    match service.execute(command.clone()).await {
        Err(LogError::ServiceGone) => {
            services.forget(service);
            let (service, _) = services.create(&service.name, service.settings).await?;
            service.execute(command).await
        }
        outcome => outcome,
    }
}

/// Deletes all instances of a resource.
pub async fn delete(
    services: &Services,
    service: &Service,
    resource: Resource,
) -> Result<Option<Position>, CommandError> {
    let receipt = execute(services, service, Delete { resource }).await?;
    receipt.answer?;
    Ok(receipt.position)
}

/// Creates a data partition, unless it is there; answers its name as it was first spelled.
pub async fn create_partition(
    services: &Services,
    service: &Service,
    name: PartitionName,
) -> Result<(PartitionName, Option<Position>), CommandError> {
    let receipt = execute(services, service, CreatePartition { name }).await?;
    Ok((receipt.answer?, receipt.position))
}
