//! `GET …/frames/{list}` (PS3.18 10.4.1.1.6): ranges of the stored file, found through the table that was made when it
//! was stored.

use std::{collections::HashMap, slice};

use axum::{extract::State, http::HeaderMap, response::Response};
use bytes::Bytes;

use super::{
    acceptable,
    answer::{Content, Part, respond},
    cannot_transcode, check_size,
    frame_list::FrameList,
    nothing_there, target, transcoding_error,
    work::{Slot, StoredFile, WorkError},
};
use crate::{
    blob::BlobName,
    dicom::{
        frames::FrameTable,
        image::ImageError,
        transcode::{MAX_DECODED_BYTES, Target, transcode_frame},
    },
    http::{
        context::Context,
        error::{ApiError, bad_request, not_found},
        negotiate::{Form, Kind},
        path::ResourcePath,
        scope::ReadScope,
        version::ApiVersion,
    },
    ids::Resource,
};

/// The frames that the path lists, in the order of the list.
pub async fn frames(
    State(context): State<Context>,
    list: FrameList,
    ReadScope { scope, view }: ReadScope,
    path: ResourcePath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let numbers = list.numbers()?;
    let kind = match scope.version {
        ApiVersion::V1 => Kind::FramesInParts,
        ApiVersion::V2 => Kind::Frames,
    };
    let choice = acceptable(kind, &headers)?;
    if choice.form == Form::Single && numbers.len() > 1 {
        return Err(bad_request(
            "The accept header is supported for single frame retrieval, use multi-part accept header instead.",
        ));
    }
    let resource = path.within(scope.partition.clone());
    let found = match &resource {
        Resource::Instance(key) => view.frames(key).await?,
        Resource::Study(_) | Resource::Series(_) => None,
    };
    let (instance, table) = found.ok_or_else(|| nothing_there(&resource))?;
    let target = target(&choice.syntax, slice::from_ref(&instance))?;
    let file = StoredFile::of(&context.blobs, &scope.service.name, &instance);
    if target.is_some() || file.is_deflated {
        check_size(instance.length)?;
    }
    // What is transcoded fails if the frame is declared and not there.
    let count = |table: &FrameTable| if target.is_some() { table.declared() } else { table.count() };
    let has_all = |table: &FrameTable| numbers.iter().all(|number| *number <= count(table));
    let table = table.filter(has_all).ok_or_else(no_such_frame)?;
    let syntax = target.map_or(instance.transfer_syntax.as_str(), |target| target.uid());
    let contents = match target {
        None if !file.is_deflated => stored(&file.name, &table, &numbers)?,
        target => made(&file, target, table, &numbers).await.map_err(transcoding_error)?,
    };
    let part = |content| Part::new(choice.media_type, syntax, content);
    respond(&context.blobs, choice.form, contents.into_iter().map(part).collect()).await
}

/// Frames as ranges of the file.
fn stored(name: &BlobName, table: &FrameTable, numbers: &[u32]) -> Result<Vec<Content>, ApiError> {
    let content = |number: &u32| table.ranges(*number).map(|ranges| Content::Stored(name.clone(), ranges));
    numbers.iter().map(content).collect::<Option<_>>().ok_or_else(cannot_transcode)
}

/// Frames that are made from the bytes of each alone: transcoded, or only inflated with their file.
async fn made(
    file: &StoredFile<'_>,
    target: Option<Target>,
    table: FrameTable,
    numbers: &[u32],
) -> Result<Vec<Content>, WorkError<ImageError>> {
    let slot = Slot::take().await;
    let source = file.open(&slot, table).await?;
    let mut made: HashMap<u32, Bytes> = HashMap::new();
    let mut total = 0;
    for number in numbers.iter().copied() {
        if made.contains_key(&number) {
            continue;
        }
        let mut frame = source.frame(number).await?;
        if let Some(target) = target {
            let image = source.image.clone();
            frame = slot.work(move || transcode_frame(&image, target, number, &frame)).await?.into();
        }
        total += frame.len() as u64;
        if total > MAX_DECODED_BYTES {
            return Err(WorkError::File(ImageError::TooLarge));
        }
        made.insert(number, frame);
    }
    Ok(numbers.iter().map(|number| Content::Made(made.get(number).cloned().unwrap_or_default())).collect())
}

/// The refusal of a frame that is not there.
pub fn no_such_frame() -> ApiError {
    not_found("The specified frame cannot be found.")
}
