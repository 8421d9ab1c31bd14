//! Shapes of bodies. The named ones are the components of a document.

use serde_json::json;
use utoipa::openapi::{
    ArrayBuilder, Components, ComponentsBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat, Type,
    schema::AdditionalProperties,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

/// Text.
pub fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A UID (PS3.5 9).
pub fn uid() -> ObjectBuilder {
    text().pattern(Some("^[0-9.]{1,64}$"))
}

/// Bytes.
pub fn file() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
}

/// A point in time.
pub fn time() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// `true` or `false`.
pub fn boolean() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean)
}

/// A number that is not negative.
pub fn count() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))
}

/// A number in a range; what counts without it.
pub fn range(from: i64, to: i64, default: i64) -> ObjectBuilder {
    let integer = ObjectBuilder::new().schema_type(Type::Integer);
    integer.minimum(Some(from)).maximum(Some(to)).default(Some(json!(default)))
}

/// One of these words.
pub fn word(words: &[&str]) -> ObjectBuilder {
    text().enum_values(Some(words.iter().copied()))
}

/// Any number of these.
pub fn list(items: impl Into<RefOr<Schema>>) -> ArrayBuilder {
    ArrayBuilder::new().items(items.into())
}

/// A component, by its name.
pub fn named(name: &str) -> Ref {
    Ref::from_schema_name(name)
}

/// An object with these members; a name with `?` may be absent.
fn object<const N: usize>(members: [(&str, RefOr<Schema>); N]) -> ObjectBuilder {
    members.into_iter().fold(ObjectBuilder::new().schema_type(Type::Object), |object, (name, schema)| {
        match name.strip_suffix('?') {
            Some(name) => object.property(name, schema),
            None => object.property(name, schema).required(name),
        }
    })
}

/// Any JSON.
fn anything() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(true)))
}

/// The shapes of the data plane.
pub fn components() -> Components {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let counters = object([
        ("studyProcessed?", count().into()),
        ("studyUpdated?", count().into()),
        ("studyFailed?", count().into()),
        ("instanceUpdated?", count().into()),
        ("exported?", count().into()),
        ("skipped?", count().into()),
        ("errorHref?", text().into()),
        ("errors?", list(text()).into()),
    ]);
    ComponentsBuilder::new()
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .schema("DicomObject", anything().description(Some("A data set in the DICOM JSON Model (PS3.18 F)")))
        .schema(
            "ChangeFeedEntry",
            object([
                ("sequence", count().into()),
                ("partitionName", text().into()),
                ("studyInstanceUid", uid().into()),
                ("seriesInstanceUid", uid().into()),
                ("sopInstanceUid", uid().into()),
                ("action", word(&["Create", "Update", "Delete"]).into()),
                ("timestamp", time().into()),
                ("state", word(&["Current", "Replaced", "Deleted"]).into()),
                ("filePath?", text().into()),
                ("metadata?", named("DicomObject").into()),
            ]),
        )
        .schema("OperationReference", object([("id", text().into()), ("href", text().into())]))
        .schema(
            "Operation",
            object([
                ("operationId", text().into()),
                ("type", word(&["update", "export", "reindex"]).into()),
                ("createdTime", time().into()),
                ("lastUpdatedTime", time().into()),
                (
                    "status",
                    word(&["notStarted", "running", "succeeded", "completed", "failed", "canceled", "unknown"]).into(),
                ),
                ("percentComplete?", range(0, 100, 0).into()),
                ("resources?", list(text()).into()),
                ("results?", counters.into()),
            ]),
        )
        .schema(
            "NewQueryTag",
            object([
                ("path", text().into()),
                ("vr?", text().into()),
                ("privateCreator?", text().into()),
                ("level", word(&["study", "series", "instance"]).into()),
            ]),
        )
        .schema(
            "QueryTag",
            object([
                ("path", text().into()),
                ("vr", text().into()),
                ("privateCreator?", text().into()),
                ("level", word(&["study", "series", "instance"]).into()),
                ("status", word(&["adding", "ready", "deleting"]).into()),
                ("queryStatus", word(&["enabled", "disabled"]).into()),
                ("errors?", object([("count", count().into()), ("href", text().into())]).into()),
                ("operation?", named("OperationReference").into()),
            ]),
        )
        .schema(
            "QueryTagError",
            object([
                ("partitionName", text().into()),
                ("studyInstanceUid", uid().into()),
                ("seriesInstanceUid", uid().into()),
                ("sopInstanceUid", uid().into()),
                ("createdTime", text().into()),
                ("errorMessage", text().into()),
            ]),
        )
        .schema("QueryTagChange", object([("queryStatus", word(&["enabled", "disabled"]).into())]))
        .schema(
            "BulkUpdate",
            object([
                ("studyInstanceUids", list(uid()).max_items(Some(50)).into()),
                ("changeDataset", named("DicomObject").into()),
            ]),
        )
        .schema("Export", object([("source?", anything().into()), ("destination", anything().into())]))
        .schema(
            "Partition",
            object([
                ("partitionKey", count().into()),
                ("partitionName", text().into()),
                ("createdDate", time().into()),
            ]),
        )
        .build()
}

/// The shapes of the control API.
pub fn control_components() -> Components {
    ComponentsBuilder::new()
        .schema(
            "Service",
            object([
                ("name", text().into()),
                ("position", count().into()),
                ("sequence", count().into()),
                ("partitions", boolean().into()),
                ("createdAt", time().into()),
            ]),
        )
        .schema(
            "Snapshot",
            object([
                ("name", text().into()),
                ("position", count().into()),
                ("sequence", count().into()),
                ("createdAt", time().into()),
            ]),
        )
        .schema(
            "NewService",
            object([
                ("partitions?", boolean().into()),
                (
                    "copyOf?",
                    object([("service", text().into()), ("snapshot?", text().into()), ("position?", count().into())])
                        .into(),
                ),
            ]),
        )
        .schema("Place", object([("snapshot?", text().into()), ("position?", count().into())]))
        .schema("Event", anything().description(Some("position, sequence, at, kind, identifiers, body")))
        .schema("Clock", object([("mode", word(&["system", "frozen", "shifted"]).into()), ("now", time().into())]))
        .schema(
            "ClockChange",
            object([
                ("mode?", word(&["system", "frozen"]).into()),
                ("now?", time().into()),
                ("advance?", text().into()),
            ]),
        )
        .schema("Outcome", anything())
        .schema("Problem", object([("title", text().into()), ("status", count().into()), ("detail", text().into())]))
        .build()
}
