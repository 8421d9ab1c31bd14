//! Starting an export: what will take it is asked first, so that a client hears at once of what cannot work.

use std::path::PathBuf;

use dashmap::DashSet;
use sqlx::PgPool;

use super::{CommandError, execute};
use crate::{
    blob::{
        azure::{Account, AzureError, Container, Credential},
        export::{Destination, DestinationError, Folder},
    },
    domain::operation::export::{self, Export, Place, StartExport, StartedExport},
    ids::{OperationId, Position},
    log::{Service, Services},
    read::{self, View},
};

/// What exports may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether there are exports.
    pub is_on: bool,
    /// Whether they may use shared access signatures.
    pub takes_sas: bool,
    /// Whether they may go to containers that are open to everybody.
    pub takes_public: bool,
}

/// Where exports may go.
#[derive(Debug)]
pub struct Exports {
    /// What they may use.
    pub policy: Policy,
    folder: Option<PathBuf>,
    azurite: String,
    /// Identifiers that were chosen, of exports that have not started yet.
    chosen: DashSet<OperationId>,
}

/// Why a place cannot be an export's destination.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// It is a folder, and no folder was set aside for exports.
    #[error("no folder is set aside for exports")]
    NoFolder,
    /// The key of its account is malformed.
    #[error(transparent)]
    Azure(#[from] AzureError),
}

/// Why an export did not start.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Its destination is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Its destination does not take it.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The log failed.
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl Exports {
    /// `folder` has no links in it; `azurite` is the URL of its blobs.
    pub fn new(policy: Policy, folder: Option<PathBuf>, azurite: &str) -> Self {
        Self { policy, folder, azurite: azurite.trim_end_matches('/').to_owned(), chosen: DashSet::new() }
    }

    /// The one folder below which exports may go.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// Where the development storage is.
    pub fn azurite(&self) -> &str {
        &self.azurite
    }

    /// What is at a place.
    pub fn open(&self, place: &Place) -> Result<Destination, PlaceError> {
        match place {
            Place::Folder { path, .. } => {
                let root = self.folder.as_deref().ok_or(PlaceError::NoFolder)?;
                Ok(Destination::Folder(Folder::new(root, path)))
            }
            Place::Container { url, account, credential } => {
                let credential = match credential {
                    export::Credential::None => Credential::None,
                    export::Credential::Sas(sas) => Credential::Sas(sas.0.clone()),
                    export::Credential::Key(key) => Credential::key(&key.0)?,
                };
                Ok(Destination::Container(Container::at(&Account::new(url, account, credential)?)))
            }
        }
    }
}

/// An identifier that no other request of this process uses as long as this lives.
struct Chosen<'e>(&'e Exports, OperationId);

impl Drop for Chosen<'_> {
    fn drop(&mut self) {
        self.0.chosen.remove(&self.1);
    }
}

/// Prepares the destination of an export and starts it; answers its identifier, and the position of the event.
///
/// The error log bears the identifier and must be there before the export is: so the identifier is chosen first. It
/// follows from the log, to be the same on every equal run.
pub async fn start(
    pool: &PgPool,
    services: &Services,
    service: &Service,
    exports: &Exports,
    export: Export,
) -> Result<(OperationId, Option<Position>), ExportError> {
    let destination = exports.open(&export.destination)?;
    let mut turn = 0;
    loop {
        let chosen = choose(pool, service, exports, &mut turn).await?;
        let id = chosen.1;
        destination.prepare(id).await?;
        let command = StartExport { id, export: export.clone() };
        let receipt = execute(services, service, command).await.map_err(CommandError::from)?;
        if receipt.answer == StartedExport::Yes {
            return Ok((id, receipt.position));
        }
    }
}

async fn choose<'e>(
    pool: &PgPool,
    service: &Service,
    exports: &'e Exports,
    turn: &mut u64,
) -> Result<Chosen<'e>, CommandError> {
    let view = View::now(pool, service.id);
    let (head, _) = read::head(pool, service.id).await?;
    loop {
        let id = OperationId::foreseen(&service.name, head.next(), *turn);
        *turn += 1;
        if exports.chosen.insert(id) {
            let chosen = Chosen(exports, id);
            if view.operation(id).await?.is_none() {
                return Ok(chosen);
            }
        }
    }
}
