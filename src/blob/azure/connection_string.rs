//! Connection strings: `Name=value;Name=value`.

use super::{
    AzureError,
    account::{Account, Credential, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY},
};

/// A text that is no connection string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection string is malformed")]
pub struct MalformedConnectionString;

impl From<AzureError> for MalformedConnectionString {
    fn from(_: AzureError) -> Self {
        Self
    }
}

/// What a connection string says.
#[derive(Debug, Clone)]
pub struct ConnectionString {
    /// The URL of the account's blobs.
    pub blobs: String,
    /// The URL of its queues; empty if none is told.
    pub queues: String,
    /// The name of the account.
    pub account: String,
    /// The shared access signature, or nothing.
    pub sas: Option<String>,
    /// The key of the account in base64, or nothing.
    pub key: Option<String>,
}

impl ConnectionString {
    /// Reads a connection string. One that speaks of the development account without saying where it is means
    /// `azurite`: the URL of its blobs.
    pub fn parse(text: &str, azurite: &str) -> Result<Self, MalformedConnectionString> {
        let mut settings = Vec::new();
        for setting in text.split(';').map(str::trim).filter(|setting| !setting.is_empty()) {
            let (name, value) = setting.split_once('=').ok_or(MalformedConnectionString)?;
            settings.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        let find = |wanted: &str| {
            let found = settings.iter().find(|(name, value)| name == wanted && !value.is_empty());
            found.map(|(_, value)| value.clone())
        };
        let is_development = find("usedevelopmentstorage").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let account = match is_development {
            true => Some(DEVELOPMENT_ACCOUNT.to_owned()),
            false => find("accountname"),
        };
        if account.as_ref().is_some_and(|account| !is_account_name(account)) {
            return Err(MalformedConnectionString);
        }
        let scheme = find("defaultendpointsprotocol").unwrap_or_else(|| "https".to_owned());
        let suffix = find("endpointsuffix").unwrap_or_else(|| "core.windows.net".to_owned());
        let endpoint = |service: &str| match &account {
            Some(account) if account == DEVELOPMENT_ACCOUNT => match service {
                "blob" => Some(azurite.to_owned()),
                _ => beside(azurite),
            },
            Some(account) => Some(format!("{scheme}://{account}.{service}.{suffix}")),
            None => None,
        };
        let blobs = find("blobendpoint").or_else(|| endpoint("blob")).ok_or(MalformedConnectionString)?;
        let queues = find("queueendpoint").or_else(|| endpoint("queue")).unwrap_or_default();
        let url = reqwest::Url::parse(&blobs).map_err(|_| MalformedConnectionString)?;
        let named = matches!(url.scheme(), "http" | "https").then(|| account_of(&url)).flatten();
        let account = account.or(named).ok_or(MalformedConnectionString)?;
        let sas = find("sharedaccesssignature").map(|sas| sas.trim_start_matches('?').to_owned());
        let key = find("accountkey").or_else(|| is_development.then(|| DEVELOPMENT_KEY.to_owned()));
        Ok(Self { blobs, queues, account, sas, key })
    }

    /// The account's blobs.
    pub fn blobs(&self) -> Result<Account, MalformedConnectionString> {
        Ok(Account::new(&self.blobs, &self.account, self.credential()?)?)
    }

    /// The account's queues, if it says where they are.
    pub fn queues(&self) -> Result<Account, MalformedConnectionString> {
        if self.queues.is_empty() {
            return Err(MalformedConnectionString);
        }
        Ok(Account::new(&self.queues, &self.account, self.credential()?)?)
    }

    fn credential(&self) -> Result<Credential, MalformedConnectionString> {
        match (&self.sas, &self.key) {
            (Some(sas), _) => Ok(Credential::Sas(sas.clone())),
            (None, Some(key)) => Ok(Credential::key(key)?),
            (None, None) => Ok(Credential::None),
        }
    }
}

/// The account that an endpoint names: in its path, or else in the first label of its host.
fn account_of(url: &reqwest::Url) -> Option<String> {
    let path = url.path().trim_matches('/');
    let name = if path.is_empty() { url.host_str()?.split('.').next()? } else { path };
    is_account_name(name).then(|| name.to_owned())
}

fn is_account_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The queues of an Azurite: one port above its blobs.
fn beside(azurite: &str) -> Option<String> {
    let mut url = reqwest::Url::parse(azurite).ok()?;
    let port = url.port_or_known_default()?.checked_add(1)?;
    url.set_port(Some(port)).ok()?;
    Some(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AZURITE: &str = "http://azurite:10000/devstoreaccount1";

    fn read(text: &str) -> Option<ConnectionString> {
        ConnectionString::parse(text, AZURITE).ok()
    }

    fn endpoints(text: &str) -> Option<[String; 3]> {
        read(text).map(|found| [found.blobs, found.queues, found.account])
    }

    #[test]
    fn the_development_storage_is_the_configured_azurite() {
        let expected = [AZURITE, "http://azurite:10001/devstoreaccount1", "devstoreaccount1"].map(str::to_owned);
        for text in ["UseDevelopmentStorage=true", "usedevelopmentstorage=TRUE;", "AccountName=devstoreaccount1"] {
            assert_eq!(endpoints(text).as_ref(), Some(&expected), "{text}");
        }
    }

    #[test]
    fn an_account_is_found_by_its_endpoints_or_by_its_name() {
        let signed = "BlobEndpoint=https://acct.blob.example;SharedAccessSignature=?sv=1&sig=a%3D=";
        let expected = ["https://acct.blob.example", "", "acct"].map(str::to_owned);
        assert_eq!(endpoints(signed), Some(expected));
        assert_eq!(read(signed).and_then(|found| found.sas).as_deref(), Some("sv=1&sig=a%3D="));
        assert_eq!(read(signed).map(|found| found.queues().is_err()), Some(true));
        let by_path = "BlobEndpoint=http://127.0.0.1:10000/acct/;SharedAccessSignature=sig=1";
        assert_eq!(endpoints(by_path).map(|[.., account]| account).as_deref(), Some("acct"));
        let expected = ["https://acct.blob.core.example", "https://acct.queue.core.example", "acct"].map(str::to_owned);
        assert_eq!(endpoints("AccountName=acct;EndpointSuffix=core.example;AccountKey=a=="), Some(expected));
    }

    #[test]
    fn what_names_no_account_is_refused() {
        for text in [
            "",
            "x",
            "x=1",
            "BlobEndpoint=",
            "BlobEndpoint=x",
            "BlobEndpoint=file:///etc",
            "BlobEndpoint=http://127.0.0.1:1/a/b",
            "AccountKey=a",
            "AccountName=x@evil/;SharedAccessSignature=sig=1",
        ] {
            assert!(read(text).is_none(), "{text:?}");
        }
    }
}
