//! A queue.

use reqwest::Method;

use super::{
    AzureError,
    account::{Account, Call, Patience},
};

/// A queue of a storage account.
#[derive(Debug, Clone)]
pub struct Queue {
    account: Account,
}

impl Queue {
    /// The queue of this name in an account.
    pub fn of(account: &Account, name: &str) -> Self {
        Self { account: account.below(name) }
    }

    /// Creates it, unless it is there.
    pub async fn create(&self) -> Result<(), AzureError> {
        let call = Call { method: Method::PUT, ..Call::default() };
        match self.account.send(&call, Patience::None).await {
            Err(error) if error.status() != Some(409) => Err(error),
            _ => Ok(()),
        }
    }

    /// Puts a message at its end.
    pub async fn put(&self, message: &str) -> Result<(), AzureError> {
        let text = quick_xml::escape::escape(message);
        let body = format!("<QueueMessage><MessageText>{text}</MessageText></QueueMessage>").into();
        let headers = vec![("content-type", "application/xml".to_owned())];
        let call = Call { method: Method::POST, path: "/messages", query: String::new(), headers, body };
        self.account.send(&call, Patience::Some).await.map(drop)
    }
}
