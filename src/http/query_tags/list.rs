//! `GET /extendedquerytags`, `/extendedquerytags/{tag}` and `/extendedquerytags/{tag}/errors`

use super::{
    answer::{Shown, ShownError},
    page::RequestedPage,
    target::Target,
};
use crate::{
    domain::query_tag::QueryTagRejection,
    http::{error::ApiError, json::Json, scope::ReadScope},
};

/// All tags, a page of them.
pub async fn list(
    ReadScope { scope, view }: ReadScope,
    RequestedPage(page): RequestedPage,
) -> Result<Json<Vec<Shown>>, ApiError> {
    let entries = view.query_tags(page).await?;
    Ok(Json(entries.into_iter().map(|entry| Shown::new(entry, &scope)).collect()))
}

/// One tag.
pub async fn get(ReadScope { scope, view }: ReadScope, Target(path): Target) -> Result<Json<Shown>, ApiError> {
    let entry = view.query_tag(path).await?.ok_or(QueryTagRejection::NotFound(path))?;
    Ok(Json(Shown::new(entry, &scope)))
}

/// What is wrong with values for a tag, a page of it.
pub async fn errors(
    ReadScope { view, .. }: ReadScope,
    Target(path): Target,
    RequestedPage(page): RequestedPage,
) -> Result<Json<Vec<ShownError>>, ApiError> {
    let entry = view.query_tag(path).await?.ok_or(QueryTagRejection::NotFound(path))?;
    let errors = view.query_tag_errors(entry.tag.id, page).await?;
    Ok(Json(errors.into_iter().map(ShownError::from).collect()))
}
