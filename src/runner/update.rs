//! Bulk update.

use super::{Stopped, Tools, WorkError};
use crate::{
    domain::operation::{Operation, update::Update},
    log::Service,
};

/// Works on the operation until it ends.
pub async fn work(
    _tools: &Tools,
    _service: &Service,
    _operation: &Operation,
    _task: &Update,
) -> Result<Stopped, WorkError> {
    Ok(Stopped::Done)
}
