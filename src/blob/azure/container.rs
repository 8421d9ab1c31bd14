//! A container and its blobs.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;

use super::{
    AzureError,
    account::{Account, Call, Patience, innermost},
    list::{Listed, read_list},
};

/// Bytes of a blob that are uploaded at once.
const PIECE: usize = 4 * 1024 * 1024;

/// What a path may hold as it is.
const PATH: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A container of a storage account.
#[derive(Debug, Clone)]
pub struct Container {
    account: Account,
}

/// What became of a blob that should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It went.
    Done,
    /// It was replaced or removed meanwhile, and is left as it is.
    Overtaken,
}

impl Container {
    /// The container whose URL is the root of `account`.
    pub fn at(account: &Account) -> Self {
        Self { account: account.clone() }
    }

    /// The container of this name in an account.
    pub fn of(account: &Account, name: &str) -> Self {
        Self { account: account.below(name) }
    }

    /// Creates it, unless it is there.
    pub async fn create(&self) -> Result<(), AzureError> {
        let call = Call { method: Method::PUT, query: "restype=container".to_owned(), ..Call::default() };
        match self.account.send(&call, Patience::None).await {
            Err(error) if error.status() != Some(409) => Err(error),
            _ => Ok(()),
        }
    }

    /// Creates an empty append blob; one that is there becomes empty. Asked once, for somebody waits.
    pub async fn put_append_blob(&self, blob: &str) -> Result<(), AzureError> {
        let headers = vec![("x-ms-blob-type", "AppendBlob".to_owned())];
        let call = Call { method: Method::PUT, path: &path(blob), headers, ..Call::default() };
        self.account.send(&call, Patience::None).await.map(drop)
    }

    /// Appends to an append blob, 4 MiB at most.
    pub async fn append(&self, blob: &str, bytes: Bytes) -> Result<(), AzureError> {
        self.put(blob, "comp=appendblock".to_owned(), Vec::new(), bytes).await
    }

    /// Writes a whole block blob.
    pub async fn put_blob(&self, blob: &str, bytes: Bytes) -> Result<(), AzureError> {
        let headers =
            vec![("x-ms-blob-type", "BlockBlob".to_owned()), ("content-type", "application/dicom".to_owned())];
        self.put(blob, String::new(), headers, bytes).await
    }

    /// Uploads a part of a block blob. Nobody sees it before [`Self::put_block_list`].
    pub async fn put_block(&self, blob: &str, number: usize, bytes: Bytes) -> Result<(), AzureError> {
        self.put(blob, format!("comp=block&blockid={}", block_id(number)), Vec::new(), bytes).await
    }

    /// Makes a block blob of the parts that were uploaded.
    pub async fn put_block_list(&self, blob: &str, count: usize) -> Result<(), AzureError> {
        let ids: String = (0..count).map(|number| format!("<Latest>{}</Latest>", block_id(number))).collect();
        let list = format!(r#"<?xml version="1.0" encoding="utf-8"?><BlockList>{ids}</BlockList>"#);
        let headers = vec![("x-ms-blob-content-type", "application/dicom".to_owned())];
        self.put(blob, "comp=blocklist".to_owned(), headers, list.into()).await
    }

    /// Writes a block blob of any size.
    pub async fn upload(
        &self,
        blob: &str,
        mut chunks: impl Stream<Item = Result<Bytes, AzureError>> + Unpin,
    ) -> Result<(), AzureError> {
        let mut piece = BytesMut::new();
        let mut count = 0;
        while let Some(chunk) = chunks.next().await {
            piece.extend_from_slice(&chunk?);
            while piece.len() > PIECE {
                self.put_block(blob, count, piece.split_to(PIECE).freeze()).await?;
                count += 1;
            }
        }
        if count == 0 {
            return self.put_blob(blob, piece.freeze()).await;
        }
        self.put_block(blob, count, piece.freeze()).await?;
        self.put_block_list(blob, count + 1).await
    }

    async fn put(
        &self,
        blob: &str,
        query: String,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
    ) -> Result<(), AzureError> {
        let call = Call { method: Method::PUT, path: &path(blob), query, headers, body };
        self.account.send(&call, Patience::Some).await.map(drop)
    }

    /// A page of the blobs whose names begin with `prefix`, from a marker on.
    pub async fn list(&self, prefix: &str, marker: Option<&str>) -> Result<Listed, AzureError> {
        let mut query = "restype=container&comp=list&include=metadata".to_owned();
        for (name, value) in [("prefix", Some(prefix).filter(|prefix| !prefix.is_empty())), ("marker", marker)] {
            if let Some(value) = value {
                query.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
            }
        }
        let call = Call { method: Method::GET, query, ..Call::default() };
        let response = self.account.send(&call, Patience::None).await?;
        let text = response.text().await.map_err(|error| AzureError::Unreachable(innermost(&error.without_url())))?;
        read_list(&text)
    }

    /// The bytes of a blob, if it is still the one with this ETag.
    pub async fn get(
        &self,
        blob: &str,
        etag: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, AzureError>> + Send + Unpin + use<>, AzureError> {
        let headers = vec![("if-match", etag.to_owned())];
        let call = Call { method: Method::GET, path: &path(blob), headers, ..Call::default() };
        let response = self.account.send(&call, Patience::Some).await?;
        let broken = |error: reqwest::Error| AzureError::Unreachable(innermost(&error.without_url()));
        Ok(response.bytes_stream().map(move |chunk| chunk.map_err(broken)))
    }

    /// Replaces the metadata of a blob, if it is still the one with this ETag; answers its new one.
    pub async fn set_metadata(
        &self,
        blob: &str,
        etag: &str,
        metadata: (&'static str, String),
    ) -> Result<Option<String>, AzureError> {
        let headers = vec![("if-match", etag.to_owned()), metadata];
        let call = Call {
            method: Method::PUT,
            path: &path(blob),
            query: "comp=metadata".to_owned(),
            headers,
            ..Call::default()
        };
        match self.account.send(&call, Patience::None).await {
            Err(error) if matches!(error.status(), Some(404 | 412)) => Ok(None),
            Err(error) => Err(error),
            Ok(response) => {
                let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok());
                Ok(Some(etag.ok_or(AzureError::MalformedAnswer)?.to_owned()))
            }
        }
    }

    /// Removes a blob, if it is still the one with this ETag; without one, whichever it is.
    pub async fn delete(&self, blob: &str, etag: Option<&str>) -> Result<Removal, AzureError> {
        let headers = etag.map(|etag| ("if-match", etag.to_owned())).into_iter().collect();
        let call = Call { method: Method::DELETE, path: &path(blob), headers, ..Call::default() };
        match self.account.send(&call, Patience::Some).await {
            Ok(_) => Ok(Removal::Done),
            Err(error) if matches!(error.status(), Some(404 | 412)) => Ok(Removal::Overtaken),
            Err(error) => Err(error),
        }
    }
}

fn path(blob: &str) -> String {
    format!("/{}", utf8_percent_encode(blob, &PATH))
}

/// Base64 of equal length for every part: eight digits are.
fn block_id(number: usize) -> String {
    format!("{number:08}")
}
