//! The words in which the documents are written: an operation, its parameters, its bodies, its answers.
//!
//! They say what is worth saying once; what follows from a path, such as its parameters, is filled in here.

use serde_json::{Value, json};
use utoipa::openapi::{
    HeaderBuilder, HttpMethod, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
    content::ContentBuilder,
    path::{Operation as Spoken, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    request_body::{RequestBody, RequestBodyBuilder},
};

use super::schema;

/// `application/json`
pub const JSON: &str = "application/json";
/// `application/dicom+json`
pub const DICOM_JSON: &str = "application/dicom+json";
/// `text/plain`, in which the service words its refusals
pub const TEXT: &str = "text/plain";

/// Operations that belong together in the page.
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// What it consists of.
    pub operations: Vec<Operation>,
}

/// One method of one path.
pub struct Operation {
    /// The method.
    pub method: HttpMethod,
    /// The path below the version, or below the root of the control API.
    pub path: &'static str,
    builder: OperationBuilder,
    body: Option<RequestBodyBuilder>,
    answers: Vec<(u16, ResponseBuilder)>,
}

/// `GET`, and likewise the others: a path, an unmistakable name, what it does.
pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Get, path, id, summary)
}

/// `POST`
pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Post, path, id, summary)
}

/// `PUT`
pub fn put(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Put, path, id, summary)
}

/// `PATCH`
pub fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Patch, path, id, summary)
}

/// `DELETE`
pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Delete, path, id, summary)
}

impl Operation {
    fn new(method: HttpMethod, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let mut builder = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary));
        for name in names(path) {
            builder = builder.parameter(path_parameter(name));
        }
        Self { method, path, builder, body: None, answers: Vec::new() }
    }

    /// More than the summary says.
    pub fn about(mut self, text: &'static str) -> Self {
        self.builder = self.builder.description(Some(text));
        self
    }

    /// A parameter of the query.
    pub fn query(self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.parameter(name, ParameterIn::Query, schema.into(), about, None)
    }

    /// A parameter of the query, with the value that the example has.
    pub fn query_like(
        self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        about: &str,
        example: impl Into<Value>,
    ) -> Self {
        self.parameter(name, ParameterIn::Query, schema.into(), about, Some(example.into()))
    }

    /// A request header.
    pub fn header(self, name: &str, about: &str) -> Self {
        self.parameter(name, ParameterIn::Header, schema::text().into(), about, None)
    }

    fn parameter(
        mut self,
        name: &str,
        place: ParameterIn,
        schema: RefOr<Schema>,
        about: &str,
        example: Option<Value>,
    ) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(Required::False);
        let parameter = parameter.description(Some(about)).schema(Some(schema)).example(example);
        self.builder = self.builder.parameter(parameter);
        self
    }

    /// What one and several operations have in common.
    pub fn with(self, more: impl FnOnce(Self) -> Self) -> Self {
        more(self)
    }

    /// A body of this type, with an example. The first one is what the page offers first.
    pub fn body(self, media_type: &str, schema: impl Into<RefOr<Schema>>, example: Value) -> Self {
        self.add_body(media_type, schema.into(), Some(example))
    }

    /// A body that is a file.
    pub fn file(self, media_type: &str) -> Self {
        self.add_body(media_type, schema::file().into(), None)
    }

    fn add_body(mut self, media_type: &str, schema: RefOr<Schema>, example: Option<Value>) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).example(example).build();
        self.body = Some(self.body.take().unwrap_or_default().content(media_type, content));
        self
    }

    /// A body that may be absent.
    pub fn optional_body(mut self, media_type: &str, schema: impl Into<RefOr<Schema>>, example: Value) -> Self {
        self = self.add_body(media_type, schema.into(), Some(example));
        self.body = self.body.map(|body| body.required(Some(Required::False)));
        self
    }

    /// An answer without a body.
    pub fn answers(mut self, status: u16, about: &str) -> Self {
        self.answers.push((status, ResponseBuilder::new().description(about)));
        self
    }

    /// An answer with a body.
    pub fn answers_with(
        mut self,
        status: u16,
        about: &str,
        media_types: &[&str],
        schema: impl Into<RefOr<Schema>>,
    ) -> Self {
        let schema = schema.into();
        let mut response = ResponseBuilder::new().description(about);
        for media_type in media_types {
            response = response.content(*media_type, ContentBuilder::new().schema(Some(schema.clone())).build());
        }
        self.answers.push((status, response));
        self
    }

    /// A header of the answer that was told last.
    pub fn sends(mut self, name: &str, about: &str) -> Self {
        if let Some((status, response)) = self.answers.pop() {
            let header = HeaderBuilder::new().schema(Some(schema::text())).description(Some(about)).build();
            self.answers.push((status, response.header(name, header)));
        }
        self
    }

    /// Refusals, each with its reason as text, or as the empty body that the service sends with some statuses.
    pub fn refuses(mut self, reasons: &[(u16, &str)]) -> Self {
        for (status, about) in reasons {
            self = match status {
                406 => self.answers(*status, about),
                _ => self.answers_with(*status, about, &[TEXT], schema::text()),
            };
        }
        self
    }

    /// Refusals of the control API: problem documents.
    pub fn fails(mut self, reasons: &[(u16, &str)]) -> Self {
        for (status, about) in reasons {
            self = self.answers_with(*status, about, &["application/problem+json"], Ref::from_schema_name("Problem"));
        }
        self
    }

    /// The operation as a document has it, in a group and below a prefix.
    pub fn spoken(self, group: &str, prefix: &str) -> Spoken {
        let mut builder =
            names(prefix).fold(self.builder.tag(group), |builder, name| builder.parameter(path_parameter(name)));
        if let Some(body) = self.body {
            builder = builder.request_body(Some(required(body)));
        }
        for (status, response) in self.answers {
            builder = builder.response(status.to_string(), Response::from(response));
        }
        builder.build()
    }
}

/// The names of the parameters in a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// A body is required unless something else was said.
fn required(body: RequestBodyBuilder) -> RequestBody {
    let mut body = body.build();
    body.required.get_or_insert(Required::True);
    body
}

/// What is known of the parameters of paths: their meaning, and a value that works once the example was stored.
fn path_parameter(name: &str) -> Parameter {
    let (about, schema, example) = match name {
        "study" => ("Study Instance UID", schema::uid(), json!("2.25.1")),
        "series" => ("Series Instance UID", schema::uid(), json!("2.25.2")),
        "instance" => ("SOP Instance UID", schema::uid(), json!("2.25.3")),
        "frames" => ("numbers from 1 on, with commas between them", schema::text(), json!("1")),
        "workitem" => ("SOP Instance UID of the workitem", schema::uid(), json!("2.25.4")),
        "operation" => ("identifier of the operation", schema::text(), json!("1323c079a1b64efcb8943ef7707b5438")),
        "tag" => ("keyword, or eight hexadecimal digits", schema::text(), json!("00181030")),
        "aet" => ("application entity title of the subscriber", schema::text(), json!("VIEWER")),
        "partition" => (
            "1 to 64 letters, digits, `.`, `-` and `_`; it comes to be with the first store",
            schema::text(),
            json!("clinic-1"),
        ),
        "service" => (
            "3 to 24 lower-case letters and digits, with single hyphens between them",
            schema::text(),
            json!("default"),
        ),
        "name" => ("name of the snapshot", schema::text(), json!("before")),
        other => (other, schema::text(), json!(other)),
    };
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    parameter.description(Some(about)).schema(Some(schema)).example(Some(example)).build()
}
