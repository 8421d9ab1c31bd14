//! `GET …/rendered` (PS3.18 10.4.1.1.3): a frame as a JPEG or PNG.

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use image::{ExtendedColorType, ImageEncoder, ImageResult, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder};

use super::{
    frame_list::{below_one, frames_parameter},
    frames::no_such_frame,
    nothing_there,
    work::{MAX_FILE_BYTES, Slot, StoredFile, WorkError},
};
use crate::{
    dicom::{
        frames::FrameTable,
        image::ImageError,
        pixel::PixelError,
        render::{Picture, needs_first, render},
    },
    http::{
        context::Context,
        error::{ApiError, bad_request, not_acceptable},
        media_type::{MediaType, accept_lines, split_list},
        path::ResourcePath,
        scope::ReadScope,
    },
    ids::Resource,
};

/// The quality of a picture of which none is asked.
const DEFAULT_QUALITY: i32 = 100;

/// The first frame of an instance.
pub async fn instance(
    State(context): State<Context>,
    quality: Quality,
    scope: ReadScope,
    path: ResourcePath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    answer(&context, 1, quality, scope, path, &headers).await
}

/// One frame of an instance.
pub async fn frame(
    State(context): State<Context>,
    number: FrameNumber,
    quality: Quality,
    scope: ReadScope,
    path: ResourcePath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let number = u32::try_from(number.0).ok().filter(|number| *number > 0).ok_or_else(below_one)?;
    answer(&context, number, quality, scope, path, &headers).await
}

async fn answer(
    context: &Context,
    number: u32,
    Quality(quality): Quality,
    ReadScope { scope, view }: ReadScope,
    path: ResourcePath,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let quality = u8::try_from(quality).ok().filter(|quality| (1..=100).contains(quality));
    let quality = quality.ok_or_else(|| bad_request("Image quality must be between 1 and 100 inclusive"))?;
    let format = Format::chosen(headers)?;
    let resource = path.within(scope.partition.clone());
    let found = match &resource {
        Resource::Instance(key) => view.frames(key).await?,
        Resource::Study(_) | Resource::Series(_) => None,
    };
    let (instance, table) = found.ok_or_else(|| nothing_there(&resource))?;
    if instance.length > MAX_FILE_BYTES {
        return Err(not_acceptable(format!(
            "Requested DICOM instance size is above the supported limit of {MAX_FILE_BYTES} for rendering. Please retrieve the whole file in the original transfer syntax instead of rendering to image media type."
        )));
    }
    let table = table.filter(|table| number <= table.declared()).ok_or_else(no_such_frame)?;
    let file = StoredFile::of(&context.blobs, &scope.service.name, &instance);
    let picture = picture(&file, table, number, format, quality).await.map_err(drawing_error)?;
    Ok(([(header::CONTENT_TYPE, format.media_type())], picture).into_response())
}

/// Reads a frame, and the first one if that tells how to draw it, and draws it.
async fn picture(
    file: &StoredFile<'_>,
    table: FrameTable,
    number: u32,
    format: Format,
    quality: u8,
) -> Result<Vec<u8>, WorkError<ImageError>> {
    let slot = Slot::take().await;
    let source = file.open(&slot, table).await?;
    let frame = source.frame(number).await?;
    let first = if needs_first(&source.image, number) { Some(source.frame(1).await?) } else { None };
    let image = source.image.clone();
    slot.work(move || {
        let picture = render(&image, number, &frame, first.as_deref())?;
        format.encode(&picture, quality).map_err(|_| PixelError::Unsupported("a picture of this size").into())
    })
    .await
}

fn drawing_error(error: WorkError<ImageError>) -> ApiError {
    match error {
        WorkError::Blob(error) => error.into(),
        WorkError::File(_) | WorkError::Panicked(_) => {
            tracing::info!(%error, "a frame cannot be drawn");
            not_acceptable("An error was encountered when attempting to convert the dicom file into an image")
        }
    }
}

/// What a picture is encoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Jpeg,
    Png,
}

impl Format {
    /// The one alternative of `Accept`, JPEG if there is none.
    fn chosen(headers: &HeaderMap) -> Result<Self, ApiError> {
        let lines = accept_lines(headers);
        let mut alternatives = lines.iter().flat_map(|line| split_list(line));
        match (alternatives.next(), alternatives.next()) {
            (None, _) => Ok(Self::Jpeg),
            (_, Some(_)) => {
                Err(not_acceptable("The request contains multiple accept headers, which is not supported."))
            }
            (Some(one), None) => match MediaType::parse(one).as_ref().map(|media_type| media_type.essence.as_str()) {
                Some("image/jpeg") => Ok(Self::Jpeg),
                Some("image/png") => Ok(Self::Png),
                _ => Err(not_acceptable("The request headers are not acceptable")),
            },
        }
    }

    fn media_type(self) -> HeaderValue {
        match self {
            Self::Jpeg => HeaderValue::from_static("image/jpeg"),
            Self::Png => HeaderValue::from_static("image/png"),
        }
    }

    fn encode(self, picture: &Picture, quality: u8) -> ImageResult<Vec<u8>> {
        let Picture { columns, rows, rgb } = picture;
        let mut out = Vec::new();
        match self {
            Self::Jpeg => JpegEncoder::new_with_quality(&mut out, quality).write_image(
                rgb,
                *columns,
                *rows,
                ExtendedColorType::Rgb8,
            )?,
            Self::Png => PngEncoder::new(&mut out).write_image(rgb, *columns, *rows, ExtendedColorType::Rgb8)?,
        }
        Ok(out)
    }
}

/// The number of a frame in a path, whatever it may be.
#[derive(Debug, Clone, Copy)]
pub struct FrameNumber(i32);

impl FromRequestParts<Context> for FrameNumber {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Context) -> Result<Self, ApiError> {
        let text = frames_parameter(parts);
        text.trim().parse().map(Self).map_err(|_| invalid("frame", &text))
    }
}

/// The query parameter `quality`, whatever it may be.
#[derive(Debug, Clone, Copy)]
pub struct Quality(i32);

impl FromRequestParts<Context> for Quality {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Context) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        match form_urlencoded::parse(query).find(|(name, _)| name.eq_ignore_ascii_case("quality")) {
            None => Ok(Self(DEFAULT_QUALITY)),
            Some((_, text)) => text.trim().parse().map(Self).map_err(|_| invalid("quality", &text)),
        }
    }
}

fn invalid(parameter: &str, value: &str) -> ApiError {
    bad_request(format!("The query parameter '{parameter}' is invalid. The value '{value}' is not valid."))
}
