//! The codec's stream into memory.
//!
//! The codec takes C callbacks with an untyped pointer. [`write`] lends the pointer's target for exactly as long as the
//! stream lives, and the stream never leaves it.

use std::{ffi::c_void, slice};

use openjp2::{
    Stream,
    openjpeg::{
        opj_stream_set_seek_function, opj_stream_set_skip_function, opj_stream_set_user_data,
        opj_stream_set_write_function,
    },
};

/// Bytes that are handed over at a time.
const BUFFER: usize = 64 << 10;

/// Bytes that are written, and where the next ones go.
#[derive(Default)]
struct Sink {
    bytes: Vec<u8>,
    position: usize,
}

/// What the codec writes; nothing if it gives up.
pub(super) fn write(use_stream: impl FnOnce(&mut Stream) -> Option<()>) -> Option<Vec<u8>> {
    let mut sink = Sink::default();
    let mut stream = Stream::new_custom(BUFFER, false);
    let raw = (&raw mut stream).cast();
    // SAFETY: the stream is of the kind that has callbacks, they fit the type that the pointer has, and the stream is
    // dropped before `sink` is.
    unsafe {
        opj_stream_set_write_function(raw, Some(write_bytes));
        opj_stream_set_skip_function(raw, Some(skip_written));
        opj_stream_set_seek_function(raw, Some(seek_written));
        opj_stream_set_user_data(raw, (&raw mut sink).cast(), None);
    }
    let done = use_stream(&mut stream).and_then(|()| stream.flush().ok());
    drop(stream);
    done.map(|()| sink.bytes)
}

unsafe extern "C" fn write_bytes(buffer: *mut c_void, length: usize, sink: *mut c_void) -> usize {
    // SAFETY: the pointer is the one that `write` set, and the buffer has this length.
    let (sink, buffer) = unsafe { (&mut *sink.cast::<Sink>(), slice::from_raw_parts(buffer.cast::<u8>(), length)) };
    let end = sink.position + length;
    sink.bytes.resize(sink.bytes.len().max(end), 0);
    if let Some(target) = sink.bytes.get_mut(sink.position..end) {
        target.copy_from_slice(buffer);
    }
    sink.position = end;
    length
}

unsafe extern "C" fn skip_written(count: i64, sink: *mut c_void) -> i64 {
    // SAFETY: the pointer is the one that `write` set.
    let sink = unsafe { &mut *sink.cast::<Sink>() };
    match moved(sink.position, count) {
        None => -1,
        Some(position) => {
            sink.position = position;
            count
        }
    }
}

unsafe extern "C" fn seek_written(offset: i64, sink: *mut c_void) -> i32 {
    // SAFETY: the pointer is the one that `write` set.
    let sink = unsafe { &mut *sink.cast::<Sink>() };
    match moved(0, offset) {
        None => 0,
        Some(position) => {
            sink.position = position;
            1
        }
    }
}

fn moved(position: usize, by: i64) -> Option<usize> {
    position.checked_add_signed(isize::try_from(by).ok()?)
}
