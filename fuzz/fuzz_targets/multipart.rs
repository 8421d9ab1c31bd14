//! No body makes the multipart reader panic or hang, and however it is cut, it is read alike.

#![no_main]

#[path = "../../src/http/multipart/reader.rs"]
mod reader;

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use libfuzzer_sys::fuzz_target;
use reader::MultipartReader;

type Parts = Vec<(Option<String>, Vec<u8>)>;

async fn read(body: &[u8], piece: usize) -> (Parts, String) {
    let pieces: Vec<_> = body.chunks(piece).map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece))).collect();
    let mut reader = MultipartReader::new("b", stream::iter(pieces));
    let mut parts = Parts::new();
    loop {
        match reader.next_part().await {
            Ok(None) => return (parts, String::new()),
            Err(error) => return (parts, error.to_string()),
            Ok(Some(headers)) => {
                let mut bytes = Vec::new();
                loop {
                    match reader.next_bytes().await {
                        Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                        Ok(None) => break,
                        Err(error) => return (parts, error.to_string()),
                    }
                }
                parts.push((headers.content_type, bytes));
            }
        }
    }
}

fuzz_target!(|input: (u16, &[u8])| {
    let (piece, body) = input;
    let whole = read(body, body.len().max(1)).now_or_never();
    let cut = read(body, usize::from(piece).max(1)).now_or_never();
    assert!(whole.is_some(), "a body that is all there needs no waiting");
    assert_eq!(whole, cut);
});
