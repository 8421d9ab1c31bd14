//! What is served, in one list.

use std::convert::Infallible;

use axum::{
    Extension, Router,
    extract::Request,
    http::StatusCode,
    middleware,
    response::Response,
    routing::{MethodRouter, get, post, put},
};
use tower::{Layer, Service};

use super::{
    audit, bulk_update,
    context::Context,
    delete, docs,
    error::ApiError,
    export, feed, front, health, metadata, operations,
    partitions::{self, Reach},
    query_tags, retrieve, search, store, version, workitems,
};

/// The service that answers every request; `control` is what is mounted under `/_emulator`.
pub fn service(
    context: Context,
    control: Option<Router<Context>>,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static {
    let mut router = Router::new()
        .route("/health", get(health::check))
        .route("/health/check", get(health::check))
        .nest(front::DATA_PLANE, of_service().merge(in_partition()).merge(docs::documents()))
        .nest(front::PARTITION, in_partition())
        .merge(docs::page(if control.is_some() { CONTROL_DOCUMENT } else { &[] }));
    if let Some(control) = control {
        router = router.nest("/_emulator", control);
    }
    if context.audit {
        router = router.route_layer(middleware::from_fn_with_state(context.clone(), audit::audited));
    }
    let router = router
        .route_layer(middleware::from_fn(front::note_route))
        .fallback(|| async { ApiError::Empty(StatusCode::NOT_FOUND) })
        .with_state(context.clone());
    middleware::from_fn_with_state(context, front::front_door).layer(router)
}

/// What the page of documents shows beside those of the data plane: a name and where it is.
const CONTROL_DOCUMENT: &[(&str, &str)] = &[("control", "../_emulator/api.json")];

/// What is about a service as a whole, without the version segment: the same with data partitions and without.
fn of_service() -> Router<Context> {
    Router::new()
        .route("/changefeed", get(feed::list))
        .route("/changefeed/latest", get(feed::latest))
        .route("/operations/{operation}", get(operations::get))
        .route("/extendedquerytags", get(query_tags::list).post(query_tags::add))
        .route("/extendedquerytags/{tag}", query_tag())
        .route("/extendedquerytags/{tag}/errors", get(query_tags::errors))
        .route("/partitions", get(partitions::list).route_layer(Extension(Reach::Partitions)))
        .route_layer(Extension(Reach::Service))
        .route_layer(middleware::from_fn(version::versioned))
}

/// What lies in a data partition: below the version segment in a service without them, below `/partitions/{partition}`
/// in a service that has them, and refused at the other place.
fn in_partition() -> Router<Context> {
    Router::new()
        .route("/studies", get(search::studies).merge(store()))
        .route("/studies/$bulkUpdate", post(bulk_update::post))
        .route("/studies/{study}", resource().merge(store()))
        .route("/studies/{study}/metadata", get(metadata::metadata))
        .route("/studies/{study}/series", get(search::series))
        .route("/studies/{study}/instances", get(search::instances))
        .route("/studies/{study}/series/{series}", resource())
        .route("/studies/{study}/series/{series}/metadata", get(metadata::metadata))
        .route("/studies/{study}/series/{series}/instances", get(search::instances))
        .route("/studies/{study}/series/{series}/instances/{instance}", resource())
        .route("/studies/{study}/series/{series}/instances/{instance}/metadata", get(metadata::metadata))
        .route("/studies/{study}/series/{series}/instances/{instance}/frames/{frames}", get(retrieve::frames::frames))
        .route("/studies/{study}/series/{series}/instances/{instance}/rendered", get(retrieve::rendered::instance))
        .route(
            "/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered",
            get(retrieve::rendered::frame),
        )
        .route("/series", get(search::series))
        .route("/instances", get(search::instances))
        .route("/workitems", get(workitems::search).merge(new_workitem()))
        .route("/workitems/subscriptions", get(workitems::not_implemented))
        .route("/workitems/{workitem}", workitem())
        .route("/workitems/{workitem}/state", put(workitems::change_state))
        .route("/workitems/{workitem}/cancelrequest", post(workitems::cancel))
        .route("/workitems/{workitem}/subscribers/{aet}", subscription())
        .route("/workitems/{workitem}/subscribers/{aet}/suspend", post(workitems::not_implemented))
        .route("/subscribers/{aet}", get(workitems::not_implemented))
        .route_layer(middleware::from_fn(version::versioned))
        .merge(Router::new().route("/export", post(export::post)).route_layer(middleware::from_fn(version::released)))
        .route_layer(Extension(Reach::Partition))
}

/// These, and no others, bring a partition into being.
fn store() -> MethodRouter<Context> {
    post(store::post).put(store::put).route_layer(Extension(Reach::NewPartition))
}

/// See [`store`].
fn new_workitem() -> MethodRouter<Context> {
    post(workitems::create).route_layer(Extension(Reach::NewPartition))
}

fn resource() -> MethodRouter<Context> {
    get(retrieve::instances).delete(delete::delete)
}

fn query_tag() -> MethodRouter<Context> {
    get(query_tags::get).patch(query_tags::change).delete(query_tags::delete)
}

fn workitem() -> MethodRouter<Context> {
    get(workitems::retrieve).post(workitems::update).put(workitems::update)
}

fn subscription() -> MethodRouter<Context> {
    post(workitems::not_implemented).delete(workitems::not_implemented)
}
