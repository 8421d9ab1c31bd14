//! Where an export goes: what a client may say, and what it means.

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::request::{InvalidRequest, Object};
use crate::{
    blob::azure::{ConnectionString, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY},
    command::export::{Exports, Policy},
    domain::operation::export::{Credential, Place, Secret},
};

/// Why a destination is refused, in the words of the service where it has any.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDestination {
    /// Nothing says where.
    #[error("Please specify both ConnectionString and BlobContainerName.")]
    Nowhere,
    /// Two say where.
    #[error("ConnectionString and BlobContainerName cannot be specified along with BlobContainerUri.")]
    TwoPlaces,
    /// Keys are for the development storage only.
    #[error("Account key authentication is not supported.")]
    AccountKey,
    /// A managed identity needs a URI.
    #[error("Managed identity cannot be used with a ConnectionString.")]
    IdentityWithConnectionString,
    /// Two credentials.
    #[error("UseManagedIdentity cannot be specified if the BlobContainerUri container query string parameters.")]
    IdentityWithSas,
    /// A setting forbids them.
    #[error("Shared Access Signatures (SAS) are not supported.")]
    Sas,
    /// A setting forbids it.
    #[error("Public access to Azure Blob Storage containers is not supported.")]
    Public,
    /// A folder, but the emulator was given none for exports.
    #[error("Exports to a folder are not supported: the emulator has no EXPORT_DIR.")]
    NoFolder,
    /// A folder elsewhere.
    #[error("The folder lies outside of the folder for exports.")]
    Outside,
}

const URL: &str = "blobContainerUri";
const CONNECTION_STRING: &str = "connectionString";
const CONTAINER: &str = "blobContainerName";

const NO_URL: &str = "The value is not the URL of a container.";
const NO_CONNECTION_STRING: &str = "The value is not a connection string.";
const NO_CONTAINER: &str = "The value is not the name of a container.";

/// The settings of a destination, as the client gave them.
pub struct Wish<'w> {
    settings: &'w Object<'w>,
    url: Option<Url>,
    connection_string: Option<String>,
    container: Option<String>,
    use_managed_identity: bool,
}

/// Reads the settings, whatever they mean.
pub fn read<'w>(settings: &'w Object<'w>) -> Result<Wish<'w>, InvalidRequest> {
    let text = |name| -> Result<Option<String>, InvalidRequest> {
        Ok(settings.text(name)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    };
    let url = |text: String| Url::parse(&text).map_err(|_| settings.invalid(URL, NO_URL));
    Ok(Wish {
        settings,
        url: text(URL)?.map(url).transpose()?,
        connection_string: text(CONNECTION_STRING)?,
        container: text(CONTAINER)?,
        use_managed_identity: settings.flag("useManagedIdentity")?,
    })
}

impl Wish<'_> {
    /// What is meant.
    pub fn place(&self, exports: &Exports) -> Result<Place, InvalidRequest> {
        let Some(url) = &self.url else { return self.by_connection_string(exports) };
        if self.connection_string.is_some() || self.container.is_some() {
            return Err(InvalidDestination::TwoPlaces.into());
        }
        match url.scheme() {
            "http" | "https" => self.by_url(url, exports.policy),
            "file" => folder(url, exports),
            _ => Err(self.no_url()),
        }
    }

    fn by_connection_string(&self, exports: &Exports) -> Result<Place, InvalidRequest> {
        let (Some(text), Some(container)) = (&self.connection_string, &self.container) else {
            return Err(InvalidDestination::Nowhere.into());
        };
        let policy = exports.policy;
        let has = |key: &str| text.to_ascii_lowercase().contains(&key.to_ascii_lowercase());
        let (has_sas, is_emulator) = (has("SharedAccessSignature="), is_emulator(text));
        let refusal = match () {
            () if !is_emulator && has("AccountKey=") => Some(InvalidDestination::AccountKey),
            () if has_sas && !policy.takes_sas => Some(InvalidDestination::Sas),
            () if !has_sas && !is_emulator && !policy.takes_public => Some(InvalidDestination::Public),
            () if self.use_managed_identity => Some(InvalidDestination::IdentityWithConnectionString),
            () => None,
        };
        if let Some(refusal) = refusal {
            return Err(refusal.into());
        }
        let found = ConnectionString::parse(text, exports.azurite());
        let usable = found.and_then(|found| found.blobs().map(|_| found));
        let ConnectionString { blobs, account, sas, key, .. } =
            usable.map_err(|_| self.settings.invalid(CONNECTION_STRING, NO_CONNECTION_STRING))?;
        if !is_container_name(container) {
            return Err(self.settings.invalid(CONTAINER, NO_CONTAINER));
        }
        let credential = match (sas, key) {
            (Some(sas), _) => Credential::Sas(Secret(sas)),
            (None, Some(key)) => Credential::Key(Secret(key)),
            (None, None) => Credential::None,
        };
        Ok(Place::Container { url: format!("{}/{container}", blobs.trim_end_matches('/')), account, credential })
    }

    fn by_url(&self, url: &Url, policy: Policy) -> Result<Place, InvalidRequest> {
        let has_sas = url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("sig"));
        let refusal = match () {
            () if self.use_managed_identity && has_sas => Some(InvalidDestination::IdentityWithSas),
            () if has_sas && !policy.takes_sas => Some(InvalidDestination::Sas),
            () if !has_sas && !self.use_managed_identity && !policy.takes_public => Some(InvalidDestination::Public),
            () => None,
        };
        if let Some(refusal) = refusal {
            return Err(refusal.into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(self.no_url());
        }
        let (account, _) = account_and_container(url).ok_or_else(|| self.no_url())?;
        let credential = match url.query().filter(|query| !query.is_empty()) {
            Some(query) => Credential::Sas(Secret(query.to_owned())),
            // The managed identity has every right to the development storage, whose key everybody knows.
            None if self.use_managed_identity && account == DEVELOPMENT_ACCOUNT => {
                Credential::Key(Secret(DEVELOPMENT_KEY.to_owned()))
            }
            None => Credential::None,
        };
        let path = url.path().trim_end_matches('/');
        Ok(Place::Container { url: format!("{}{path}", url.origin().ascii_serialization()), account, credential })
    }

    fn no_url(&self) -> InvalidRequest {
        self.settings.invalid(URL, NO_URL)
    }
}

/// Whether a connection string is one of the development storage, which may have a key.
fn is_emulator(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let bare = text.trim_end_matches(';').trim();
    bare == "usedevelopmentstorage=true" || text.contains(&format!("accountname={DEVELOPMENT_ACCOUNT}"))
}

/// A URL names the account in its path if its host is an address or `localhost`, or if the first segment is the
/// development account; otherwise in the first label of its host.
fn account_and_container(url: &Url) -> Option<(String, String)> {
    let host = url.host_str()?;
    let segments: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    let is_address = host == "localhost" || host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
    let (account, container) = match segments.as_slice() {
        [account, container] if is_address || *account == DEVELOPMENT_ACCOUNT => (*account, *container),
        [container] if !is_address => (host.split('.').next()?, *container),
        _ => return None,
    };
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_name(account) && is_container_name(container)).then(|| (account.to_owned(), container.to_owned()))
}

/// Lower-case letters, digits and hyphens, 63 at most; `$root`, `$web` and the like.
fn is_container_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let plain = name.strip_prefix('$').unwrap_or(name);
    (1..=63).contains(&plain.len()) && plain.bytes().all(allowed)
}

/// A folder below the one for exports. Links in it are looked for when it is entered.
fn folder(url: &Url, exports: &Exports) -> Result<Place, InvalidRequest> {
    let root = exports.folder().ok_or(InvalidDestination::NoFolder)?;
    if url.host_str().is_some_and(|host| !host.is_empty() && host != "localhost") {
        return Err(InvalidDestination::Outside.into());
    }
    let mut path = Vec::new();
    for segment in url.path().split('/').filter(|segment| !segment.is_empty()) {
        let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| InvalidDestination::Outside)?;
        if matches!(decoded.as_ref(), "." | "..") || decoded.contains(['/', '\\', '\0']) {
            return Err(InvalidDestination::Outside.into());
        }
        path.push(decoded.into_owned());
    }
    let root: Vec<String> = root.iter().skip(1).map(|segment| segment.to_string_lossy().into_owned()).collect();
    let path = path.strip_prefix(root.as_slice()).ok_or(InvalidDestination::Outside)?.to_vec();
    let url = format!("file://{}", url.path().trim_end_matches('/'));
    Ok(Place::Folder { url, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: &str) -> Option<(String, String)> {
        account_and_container(&Url::parse(url).ok()?)
    }

    #[test]
    fn a_url_names_account_and_container_by_its_path_or_by_its_host() {
        let pair = |account: &str, container: &str| Some((account.to_owned(), container.to_owned()));
        for (url, expected) in [
            ("https://acct.blob.core.windows.net/export", pair("acct", "export")),
            ("https://acct.blob.core.windows.net/export/", pair("acct", "export")),
            ("http://127.0.0.1:10000/devstoreaccount1/export", pair("devstoreaccount1", "export")),
            ("http://[::1]:10000/other/export", pair("other", "export")),
            ("http://localhost:10000/other/export", pair("other", "export")),
            ("http://azurite:10000/devstoreaccount1/export", pair("devstoreaccount1", "export")),
            ("http://azurite:10000/export", pair("azurite", "export")),
            ("https://acct.blob.core.windows.net/", None),
            ("https://acct.blob.core.windows.net/export/below", None),
            ("https://acct.blob.core.windows.net/Export", None),
            ("https://acct.blob.core.windows.net/a%2Fb", None),
            ("http://127.0.0.1:10000/export", None),
            ("http://127.0.0.1:10000/a/b/c", None),
        ] {
            assert_eq!(found(url), expected, "{url}");
        }
    }
}
