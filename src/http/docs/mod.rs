//! What is served, for programs and for people: OpenAPI documents, and a page that shows them.
//!
//! The documents are written here and not above the handlers, one file a group. `tests/it/docs.rs` holds them against
//! what is really routed, and sends their examples.

mod feed;
pub mod operation;
mod operations;
mod page;
mod partitions;
mod query_tags;
mod retrieve;
pub mod schema;
mod search;
mod store;
mod workitems;

use axum::{
    Extension, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::openapi::{
    Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, SecurityRequirement,
    ServerBuilder, Tag, tag::TagBuilder,
};

use self::operation::Group;
pub use self::page::page;
use super::{
    context::Context,
    error::{ApiError, store_failure},
    front::Route,
    json::JSON,
    version::{ApiVersion, Version},
};

/// The documents of one API version, below its segment.
pub fn documents() -> Router<Context> {
    Router::new().route("/api.json", get(as_json)).route("/api.yaml", get(as_yaml))
}

async fn as_json(
    State(context): State<Context>,
    Extension(route): Extension<Route>,
    Extension(version): Extension<Version>,
) -> Result<Response, ApiError> {
    json(&data_plane(&context, &route, &version).await?)
}

async fn as_yaml(
    State(context): State<Context>,
    Extension(route): Extension<Route>,
    Extension(version): Extension<Version>,
) -> Result<Response, ApiError> {
    let text = data_plane(&context, &route, &version).await?.to_yaml().map_err(|error| store_failure(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/yaml; charset=utf-8")], text).into_response())
}

/// A document as JSON.
pub fn json(document: &OpenApi) -> Result<Response, ApiError> {
    let text = document.to_json().map_err(|error| store_failure(&error))?;
    Ok(([(header::CONTENT_TYPE, JSON)], text).into_response())
}

/// The document of one service and version.
async fn data_plane(context: &Context, route: &Route, version: &Version) -> Result<OpenApi, ApiError> {
    let missing = || ApiError::Empty(StatusCode::NOT_FOUND);
    if route.partition.is_some() || !version.is_supported() {
        return Err(missing());
    }
    let (server, segment) = route.prefix.rsplit_once('/').ok_or_else(missing)?;
    let service = context.services.get_or_create(&route.service).await?;
    let below_version = format!("/{segment}");
    let in_partition = match service.settings.partitions {
        true => format!("{below_version}/partitions/{{partition}}"),
        false => below_version.clone(),
    };
    let mut document = Document::new("DICOM service", segment, server, ABOUT);
    for group in in_partition_groups(version.api, segment) {
        document.add(&in_partition, group);
    }
    for group in [feed::group(version.api), operations::group(), query_tags::group(), partitions::group()] {
        document.add(&below_version, group);
    }
    Ok(document.finish(schema::components(), &["bearer"]))
}

/// What the document of a service begins with.
const ABOUT: &str = "An emulator of the DICOM service of Azure Health Data Services. Once \
    [example.dcm](/docs/example.dcm) is stored, the examples work as they are.";

/// What lies in a data partition, of a service that has them.
fn in_partition_groups(version: ApiVersion, segment: &str) -> Vec<Group> {
    let mut groups = vec![store::group(), search::group(), retrieve::group(version), workitems::group()];
    if version == ApiVersion::V2 {
        groups.push(operations::bulk_update());
    }
    if !segment.to_ascii_lowercase().ends_with("-prerelease") {
        groups.push(operations::export());
    }
    groups
}

/// A document in the making.
pub struct Document {
    builder: OpenApiBuilder,
    tags: Vec<Tag>,
    paths: PathsBuilder,
}

impl Document {
    /// A document without operations. `server` is what stands before the paths.
    pub fn new(title: &str, version: &str, server: &str, about: &str) -> Self {
        let licence = LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build();
        let info = InfoBuilder::new().title(title).version(version).description(Some(about)).license(Some(licence));
        let server = if server.is_empty() { "/" } else { server };
        let servers = [ServerBuilder::new().url(server).build()];
        let builder = OpenApiBuilder::new().info(info.build()).servers(Some(servers));
        Self { builder, tags: Vec::new(), paths: PathsBuilder::new() }
    }

    /// Adds the operations of a group, whose paths stand below `prefix`.
    pub fn add(&mut self, prefix: &str, group: Group) {
        self.tags.push(TagBuilder::new().name(group.name).description(Some(group.about)).build());
        for operation in group.operations {
            let (path, method) = (format!("{prefix}{}", operation.path), operation.method.clone());
            let item = PathItem::new(method, operation.spoken(group.name, prefix));
            self.paths = std::mem::take(&mut self.paths).path(path, item);
        }
    }

    /// The document with its shapes, and with the ways to say who one is; nobody has to.
    pub fn finish(self, components: Components, schemes: &[&str]) -> OpenApi {
        let nobody = SecurityRequirement::default();
        let schemes = schemes.iter().map(|scheme| SecurityRequirement::new(*scheme, [""; 0]));
        let security: Vec<_> = std::iter::once(nobody).chain(schemes).collect();
        let builder = self.builder.components(Some(components)).security(Some(security));
        builder.tags(Some(self.tags)).paths(self.paths).build()
    }
}
