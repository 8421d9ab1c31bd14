//! A storage account that answers as a test says: what Azurite never does.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::Request};
use reqwest::StatusCode;

/// A request that was made to it: the method, the path with its query, and the body.
#[derive(Debug, Clone)]
pub struct StorageRequest {
    pub method: String,
    pub path: String,
    pub body: Bytes,
}

impl StorageRequest {
    /// Whether an instance is copied.
    pub fn is_copy(&self) -> bool {
        self.path.contains("/results/") && self.method == "PUT"
    }
}

/// A storage account under the control of a test.
#[derive(Clone)]
pub struct FakeStorage {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<StorageRequest>>>,
}

impl FakeStorage {
    /// Starts one that answers each request with the status that `answer` gives.
    pub async fn start<F>(answer: impl Fn(StorageRequest) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = StatusCode> + Send + 'static,
    {
        let requests: Arc<Mutex<Vec<StorageRequest>>> = Arc::default();
        let seen = requests.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (seen, answer) = (seen.clone(), answer.clone());
            async move {
                let method = request.method().to_string();
                let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
                let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
                let request = StorageRequest { method, path, body };
                seen.lock().expect("not poisoned").push(request.clone());
                answer(request).await
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, requests }
    }

    /// The URL of a container in it.
    pub fn url(&self) -> String {
        format!("http://{}/account/container", self.address)
    }

    /// What was asked of it so far.
    pub fn requests(&self) -> Vec<StorageRequest> {
        self.requests.lock().expect("not poisoned").clone()
    }
}
