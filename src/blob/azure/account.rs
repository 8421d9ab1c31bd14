//! Requests to a storage account: authorised, sent, repeated while that may help.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use object_store::{
    azure::{AzureAccessKey, AzureAuthorizer, AzureCredential},
    client::{HttpRequest, HttpRequestBody},
};
use reqwest::{
    Client, Method, Response, StatusCode,
    header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue},
    redirect,
};

use super::AzureError;

/// The account of Azurite and of every other storage emulator.
pub const DEVELOPMENT_ACCOUNT: &str = "devstoreaccount1";

/// The published key of that account.
pub const DEVELOPMENT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// How long a connection, and a pause within an answer, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// How long to wait before a request is sent again; after these it is given up.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// What lets a client in.
#[derive(Clone)]
pub enum Credential {
    /// Nothing.
    None,
    /// A shared access signature: the query of a URL, sent as it is.
    Sas(String),
    /// The key of the account.
    Key(Arc<AzureCredential>),
}

impl Credential {
    /// The key of an account, in base64.
    pub fn key(base64: &str) -> Result<Self, AzureError> {
        let key = AzureAccessKey::try_new(base64).map_err(|_| AzureError::MalformedKey)?;
        Ok(Self::Key(Arc::new(AzureCredential::AccessKey(key))))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Sas(_) => "Sas",
            Self::Key(_) => "Key",
        })
    }
}

/// Whether a request is worth sending again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// It is, for some seconds.
    Some,
    /// Somebody waits for the first answer.
    None,
}

/// One service of a storage account, or a container or queue of it.
#[derive(Debug, Clone)]
pub struct Account {
    client: Client,
    /// What stands before every path; no slash at its end.
    root: String,
    name: String,
    credential: Credential,
}

/// A request, without what every request has.
#[derive(Debug, Clone, Default)]
pub(super) struct Call<'c> {
    pub method: Method,
    /// Encoded, with a slash at its beginning, or empty.
    pub path: &'c str,
    /// Encoded, without a question mark.
    pub query: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Account {
    /// An account, or what lies below it, whose URL begins with `root`.
    pub fn new(root: &str, name: &str, credential: Credential) -> Result<Self, AzureError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build()
            .map_err(|error| AzureError::Unreachable(error.to_string()))?;
        Ok(Self { client, root: root.trim_end_matches('/').to_owned(), name: name.to_owned(), credential })
    }

    /// The name of the account.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URL, without a query.
    pub fn url(&self) -> &str {
        &self.root
    }

    /// What lies below this path.
    pub fn below(&self, path: &str) -> Self {
        Self { root: format!("{}/{path}", self.root), ..self.clone() }
    }

    /// Sends a request; an answer is a success.
    pub(super) async fn send(&self, call: &Call<'_>, patience: Patience) -> Result<Response, AzureError> {
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.send_once(call).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let may_pass = matches!(error, AzureError::Unreachable(_) | AzureError::Failed { .. });
            match pauses.next() {
                Some(pause) if may_pass && patience == Patience::Some => tokio::time::sleep(*pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn send_once(&self, call: &Call<'_>) -> Result<Response, AzureError> {
        let unreachable = |error: reqwest::Error| AzureError::Unreachable(innermost(&error.without_url()));
        let mut url = format!("{}{}", self.root, call.path);
        let sas = match &self.credential {
            Credential::Sas(query) => Some(query.as_str()),
            _ => None,
        };
        let query = [Some(call.query.as_str()), sas].into_iter().flatten().filter(|part| !part.is_empty());
        for (index, part) in query.enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(part);
        }
        let url = reqwest::Url::parse(&url).map_err(|_| AzureError::Unreachable("no such URL".to_owned()))?;
        let headers = self.headers(call, &url)?;
        let request = self.client.request(call.method.clone(), url).headers(headers).body(call.body.clone());
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let code = response.headers().get("x-ms-error-code").and_then(|code| code.to_str().ok());
        let code = code.unwrap_or_default().to_owned();
        let passes = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        let status = status.as_u16();
        match status {
            400..500 if !passes => Err(AzureError::Refused { status, code }),
            _ => Err(AzureError::Failed { status, code }),
        }
    }

    /// The headers of a request, with its authorisation.
    fn headers(&self, call: &Call<'_>, url: &reqwest::Url) -> Result<HeaderMap, AzureError> {
        let mut signed = HttpRequest::new(HttpRequestBody::empty());
        let headers = signed.headers_mut();
        for (name, value) in &call.headers {
            let value = HeaderValue::from_str(value).map_err(|_| AzureError::MalformedAnswer)?;
            headers.insert(HeaderName::from_static(name), value);
        }
        if call.method == Method::PUT || call.method == Method::POST {
            headers.insert(CONTENT_LENGTH, call.body.len().into());
        }
        // Without a credential or with a signature in the URL, this adds no more than the date and the version.
        let nothing = AzureCredential::SASToken(Vec::new());
        let credential = match &self.credential {
            Credential::Key(key) => key.as_ref(),
            Credential::None | Credential::Sas(_) => &nothing,
        };
        *signed.method_mut() = call.method.clone();
        let no_url = |_| AzureError::Unreachable("no such URL".to_owned());
        *signed.uri_mut() = url.as_str().parse().map_err(no_url)?;
        let authorizer = AzureAuthorizer::new(credential, &self.name);
        authorizer.try_authorize(&mut signed).map_err(|_| AzureError::MalformedKey)?;
        Ok(std::mem::take(signed.headers_mut()))
    }
}

/// The cause of all causes: `error sending request` alone tells nobody anything.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
