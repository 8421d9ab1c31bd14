//! `GET …/frames/{list}` (PS3.18 10.4.1.1.6): ranges of the stored file, found through the table that was made when it
//! was stored.

use std::{collections::HashMap, slice};

use axum::{extract::State, http::HeaderMap, response::Response};
use bytes::Bytes;

use super::{
    acceptable,
    answer::{Content, Part, respond},
    blob_name, cannot_transcode, check_size,
    frame_list::FrameList,
    nothing_there, target, transcoding_error,
    work::{LIMITS, work_on},
};
use crate::{
    blob::BlobName,
    dicom::{
        frames::FrameTable,
        part10::{OpenedFile, ScanError, is_deflated},
        transcode::transcode_frames,
    },
    http::{
        context::Context,
        error::{ApiError, bad_request, not_found},
        negotiate::{Form, Kind},
        path::ResourcePath,
        scope::ReadScope,
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
    let choice = acceptable(Kind::Frames, &headers)?;
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
    let name = blob_name(&scope.service.name, &instance);
    let target = target(&choice.syntax, slice::from_ref(&instance))?;
    if target.is_some() || is_deflated(&instance.transfer_syntax) {
        check_size(instance.length)?;
    }
    let table = table.filter(|table| has_all(table, &numbers)).ok_or_else(no_such_frame)?;
    let syntax = target.map_or(instance.transfer_syntax.as_str(), |target| target.uid());
    let contents = match target {
        Some(target) => {
            let frames = work_on(&context.blobs, &name, instance.length, move |file| {
                transcode_frames(file, LIMITS, target, &numbers)
            });
            frames.await.map_err(transcoding_error)?.into_iter().map(Content::Made).collect()
        }
        None if is_deflated(&instance.transfer_syntax) => {
            inflated(&context, &name, instance.length, table, numbers).await?
        }
        None => stored(&name, &table, &numbers)?,
    };
    let part = |content| Part::new(choice.media_type, syntax, content);
    respond(&context.blobs, choice.form, contents.into_iter().map(part).collect()).await
}

/// Frames as ranges of the file.
fn stored(name: &BlobName, table: &FrameTable, numbers: &[u32]) -> Result<Vec<Content>, ApiError> {
    let content = |number: &u32| table.ranges(*number).map(|ranges| Content::Stored(name.clone(), ranges));
    numbers.iter().map(content).collect::<Option<_>>().ok_or_else(cannot_transcode)
}

/// Frames of a deflated file, which is inflated for them.
async fn inflated(
    context: &Context,
    name: &BlobName,
    length: u64,
    table: FrameTable,
    numbers: Vec<u32>,
) -> Result<Vec<Content>, ApiError> {
    let frames = work_on(&context.blobs, name, length, move |file| {
        let opened = OpenedFile::read(file, LIMITS)?;
        let mut frames = HashMap::new();
        for number in &numbers {
            let ranges = table.ranges(*number).unwrap_or_default();
            let bytes = || ranges.iter().flat_map(|range| opened.range(range.start, range.end)).copied().collect();
            frames.entry(*number).or_insert_with(bytes);
        }
        let frame = |number| frames.get(&number).cloned().unwrap_or_default();
        Ok::<Vec<Bytes>, ScanError>(numbers.into_iter().map(frame).collect())
    });
    Ok(frames.await.map_err(transcoding_error)?.into_iter().map(Content::Made).collect())
}

/// Whether the table has frames of all these numbers.
fn has_all(table: &FrameTable, numbers: &[u32]) -> bool {
    numbers.iter().all(|number| *number <= table.count())
}

/// The refusal of a frame that is not there.
pub fn no_such_frame() -> ApiError {
    not_found("The specified frame cannot be found.")
}
