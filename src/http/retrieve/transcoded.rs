//! A whole file in another transfer syntax. Its frames are read, decoded and encoded one by one, and wait in a spool
//! until all are known to be well.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;

use super::work::{LIMITS, OpenImage, Slot, StoredFile, WorkError};
use crate::{
    blob::{BlobError, Run, Spool},
    dicom::{
        image::{Image, ImageError},
        part10::{OpenedFile, Part10, PixelData, Scanner},
        transcode::{Around, Target, Transcoding, kept_pixels, without_pixels},
    },
};

/// Bytes that are looked through at a time.
const PIECE: u64 = 1 << 20;

/// Why a file cannot be transcoded.
#[derive(Debug, thiserror::Error)]
enum SpoolError {
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// The runs that make up the file in the target's transfer syntax.
pub async fn transcoded(file: &StoredFile<'_>, target: Target) -> Result<Vec<Run>, WorkError<ImageError>> {
    let slot = Slot::take().await;
    let opened = open(file, &slot).await?;
    if opened.part10.pixel_data.is_none() {
        let whole = slot.work(move || Ok(without_pixels(&opened, target))).await?;
        return Ok(vec![Run::Bytes(whole.into())]);
    }
    let (image, kept) = slot
        .work(move || {
            let image = Image::of(opened)?;
            let kept = kept_pixels(&image, target)?;
            Ok((Arc::new(image), kept))
        })
        .await?;
    if let Some((pixels, around)) = kept {
        let run = match file.is_deflated {
            true => Run::Bytes(image.file().bytes(pixels)),
            false => Run::File(file.name.clone(), pixels),
        };
        return Ok(in_order(around, run));
    }
    let (around, spool) = spool(&OpenImage { file, image }, &slot, target).await?;
    Ok(in_order(around, spool.into_run()))
}

fn in_order(around: Around, frames: Run) -> Vec<Run> {
    vec![Run::Bytes(around.before.into()), frames, Run::Bytes(around.after.into())]
}

/// Opens a file around its pixel data, which is only looked through.
async fn open(file: &StoredFile<'_>, slot: &Slot) -> Result<OpenedFile, WorkError<ImageError>> {
    if file.is_deflated {
        let whole = file.read(0..file.length).await?;
        return slot.work(move || Ok(OpenedFile::read(&whole, LIMITS)?)).await;
    }
    let mut scanner = Scanner::new(LIMITS);
    for start in (0..file.length).step_by(PIECE as usize) {
        let piece = file.read(start..file.length.min(start + PIECE)).await?;
        scanner = slot
            .work(move || {
                scanner.push(&piece)?;
                Ok::<_, ImageError>(scanner)
            })
            .await?;
    }
    let part10 = slot.work(move || Ok::<_, ImageError>(scanner.finish()?)).await?;
    let pixels = pixels(&part10, file.length);
    let head = file.read(0..pixels.start).await?;
    let tail = if pixels.end < file.length { file.read(pixels.end..file.length).await? } else { Bytes::new() };
    slot.work(move || Ok(OpenedFile::around(part10, head, Some((pixels.end, tail)))?)).await
}

/// Where the frames lie. What comes behind may belong to other elements.
fn pixels(part10: &Part10, length: u64) -> Range<u64> {
    let (start, end) = match &part10.pixel_data {
        None => (length, length),
        Some(PixelData::Native(extent)) => (extent.offset, extent.offset.saturating_add(extent.length)),
        Some(PixelData::Encapsulated { fragments, .. }) => match fragments.as_slice() {
            [first, ..] => {
                let last = fragments.last().unwrap_or(first);
                (first.offset, last.offset.saturating_add(last.length.into()))
            }
            [] => (length, length),
        },
    };
    start.min(length)..end.min(length)
}

/// Makes all frames.
async fn spool(source: &OpenImage<'_>, slot: &Slot, target: Target) -> Result<(Around, Spool), WorkError<ImageError>> {
    let count = source.image.count().map_err(WorkError::File)?;
    let mut transcoding = Transcoding::to(target, &source.image);
    let mut spool = Spool::default();
    for number in 1..=count {
        let stored = source.frame(number).await?;
        let (image, blobs) = (source.image.clone(), source.file.blobs.clone());
        let done = slot.work(move || {
            let frame = transcoding.next(&image, &stored)?;
            spool.push(&blobs, &frame)?;
            Ok((transcoding, spool))
        });
        (transcoding, spool) = done.await.map_err(|error| match error {
            WorkError::File(SpoolError::Image(error)) => WorkError::File(error),
            WorkError::File(SpoolError::Blob(error)) | WorkError::Blob(error) => WorkError::Blob(error),
            WorkError::Panicked(error) => WorkError::Panicked(error),
        })?;
    }
    Ok((transcoding.finish(&source.image), spool))
}
