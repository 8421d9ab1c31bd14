//! A storage account whose blobs are imported.
//!
//! A blob is taken up by a note in its metadata: the head of the log. What bears a note at the next look is one that
//! was interrupted.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use super::{
    CONCURRENT_IMPORTS, Complaint, Fate, ImportError, Tally, Tools,
    intake::{self, Claim, IntakeError, Verdict},
};
use crate::{
    blob::azure::{
        AzureError, CLAIM_HEADER, ConnectionString, Container, ListedBlob, MalformedConnectionString, Queue,
    },
    ids::Position,
};

/// A storage account whose blobs are imported.
#[derive(Debug)]
pub struct Storage {
    imports: Container,
    errors: Container,
    /// The service has it, for those who look for it; nothing is put there.
    import_queue: Queue,
    error_queue: Queue,
    is_set_up: bool,
    /// Blobs that may grow, as the look before found them.
    growing: BTreeMap<String, String>,
}

impl Storage {
    /// The account of a connection string; `azurite` is where the development storage is.
    pub fn open(connection_string: &str, azurite: &str) -> Result<Self, MalformedConnectionString> {
        let account = ConnectionString::parse(connection_string, azurite)?;
        let (blobs, queues) = (account.blobs()?, account.queues()?);
        Ok(Self {
            imports: Container::of(&blobs, "import-container"),
            errors: Container::of(&blobs, "error-container"),
            import_queue: Queue::of(&queues, "import-queue"),
            error_queue: Queue::of(&queues, "error-queue"),
            is_set_up: false,
            growing: BTreeMap::new(),
        })
    }

    /// Imports what is there.
    pub(super) async fn look(&mut self, tools: &Tools) -> Result<Tally, ImportError> {
        if !self.is_set_up {
            self.set_up().await?;
            self.is_set_up = true;
        }
        let mut tally = Tally::default();
        let mut growing = BTreeMap::new();
        let mut marker = None;
        loop {
            let page = self.imports.list("", marker.as_deref()).await?;
            let head = match page.blobs.is_empty() {
                true => Position::default(),
                false => intake::head(tools).await?,
            };
            let mut ready = Vec::new();
            for blob in page.blobs {
                let is_stable = !blob.grows || blob.claim.is_some() || self.growing.get(&blob.name) == Some(&blob.etag);
                match is_stable {
                    true => ready.push(blob),
                    false => drop(growing.insert(blob.name, blob.etag)),
                }
            }
            let this = &*self;
            let imports = ready.into_iter().map(|blob| async move { this.import(tools, blob, head).await });
            let mut imports = stream::iter(imports).buffered(CONCURRENT_IMPORTS);
            while let Some(fate) = imports.next().await {
                tally.count(fate);
            }
            drop(imports);
            marker = page.marker;
            if marker.is_none() {
                self.growing = growing;
                return Ok(tally);
            }
        }
    }

    async fn set_up(&self) -> Result<(), AzureError> {
        self.imports.create().await?;
        self.errors.create().await?;
        self.import_queue.create().await?;
        self.error_queue.create().await
    }

    async fn import(&self, tools: &Tools, blob: ListedBlob, head: Position) -> Fate {
        match self.try_import(tools, blob, head).await {
            Ok(fate) => fate,
            Err(error) => {
                tracing::warn!(%error, "a blob could not be imported now");
                Fate::Postponed
            }
        }
    }

    async fn try_import(
        &self,
        tools: &Tools,
        blob: ListedBlob,
        head: Position,
    ) -> Result<Fate, IntakeError<AzureError>> {
        let ListedBlob { name, etag, claim, .. } = blob;
        let earlier = claim.and_then(|head| head.parse().ok()).map(|head| Claim::Earlier(Position(head)));
        let (claim, etag) = match earlier {
            Some(claim) => (claim, etag),
            None => {
                let note = (CLAIM_HEADER, head.0.to_string());
                let claimed = self.imports.set_metadata(&name, &etag, note).await.map_err(IntakeError::Source)?;
                let Some(etag) = claimed else { return Ok(Fate::Left) };
                (Claim::Fresh, etag)
            }
        };
        let chunks = match self.imports.get(&name, &etag).await {
            Err(error) if matches!(error.status(), Some(404 | 412)) => return Ok(Fate::Left),
            chunks => chunks.map_err(IntakeError::Source)?,
        };
        let fate = match intake::store(tools, chunks, claim).await? {
            Verdict::Stored => Fate::Stored,
            Verdict::Refused(error) => {
                self.refuse(tools, &name, &etag, error).await?;
                Fate::Refused
            }
        };
        // One that was replaced meanwhile is another blob, and stays for the next look.
        self.imports.delete(&name, Some(&etag)).await.map_err(IntakeError::Source)?;
        Ok(fate)
    }

    /// Copies a blob to where errors go, and tells of it.
    async fn refuse(
        &self,
        tools: &Tools,
        name: &str,
        etag: &str,
        error: String,
    ) -> Result<(), IntakeError<AzureError>> {
        let chunks = self.imports.get(name, etag).await.map_err(IntakeError::Source)?;
        self.errors.upload(name, chunks).await.map_err(IntakeError::Source)?;
        let complaint = Complaint::new(tools, name.to_owned(), error).await?.json()?;
        self.error_queue.put(&complaint).await.map_err(IntakeError::Source)
    }
}
