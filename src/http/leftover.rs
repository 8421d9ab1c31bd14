//! What an answer leaves unread of its request's body. A refusal does not look at the body, but the client sends it:
//! unless it is read to its end, the connection cannot serve another request.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::{sync::oneshot, time::timeout};

/// Bytes that are skipped for the sake of a connection. A client that has more to send is better served by another one.
const MOST: u64 = 1024 * 1024;

/// How long an answer waits for them. Those of a refused request are mostly on their way already.
const PATIENCE: Duration = Duration::from_millis(500);

/// A body that was lent to those who answer its request.
#[derive(Debug)]
pub struct Loan(oneshot::Receiver<Rest>);

/// What came back of a body.
#[derive(Debug)]
struct Rest {
    body: BodyDataStream,
    /// The client sends nothing before it is asked to, and nobody asked.
    is_held_back: bool,
}

/// The body as it is read; what is left of it goes back when it is dropped.
struct Borrowed {
    rest: Rest,
    lender: Option<oneshot::Sender<Rest>>,
}

/// Lends the body of a request, if it has one, to those who answer it.
pub fn lend(request: &mut Request) -> Option<Loan> {
    if request.body().is_end_stream() {
        return None;
    }
    let (lender, loan) = oneshot::channel();
    let is_held_back = expects_continue(request.headers());
    let body = mem::take(request.body_mut()).into_data_stream();
    let borrowed = Borrowed { rest: Rest { body, is_held_back }, lender: Some(lender) };
    *request.body_mut() = Body::from_stream(borrowed);
    Some(Loan(loan))
}

/// Whether the client waits for `100 Continue`, which the first look at the body sends.
fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

impl Loan {
    /// Skips what the answer has left unread, or says with the answer that the connection ends.
    pub async fn settle(mut self, response: &mut Response) {
        // Otherwise somebody reads on.
        let Ok(rest) = self.0.try_recv() else { return };
        if !rest.skip().await {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

impl Rest {
    /// Reads to the end and tells whether it came: soon, and after few bytes.
    async fn skip(mut self) -> bool {
        if self.is_held_back || HttpBody::size_hint(&self.body).lower() > MOST {
            return false;
        }
        let read_all = async {
            let mut skipped = 0;
            while let Some(chunk) = self.body.next().await {
                let Ok(chunk) = chunk else { return false };
                skipped += chunk.len() as u64;
                if skipped > MOST {
                    return false;
                }
            }
            true
        };
        timeout(PATIENCE, read_all).await.unwrap_or_default()
    }
}

impl Stream for Borrowed {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.rest.is_held_back = false;
        self.rest.body.poll_next_unpin(context)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let nothing = Rest { body: Body::empty().into_data_stream(), is_held_back: false };
        let rest = mem::replace(&mut self.rest, nothing);
        if let Some(lender) = self.lender.take() {
            drop(lender.send(rest)); // a client who went away wants no answer
        }
    }
}
