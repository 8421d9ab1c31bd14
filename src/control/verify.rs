//! `verify`: the proof that the read models are what the log says.

use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;

use super::extract::Of;
use crate::{
    http::{
        context::Context,
        error::{ApiError, store_failure},
        json::Json,
    },
    projection,
};

#[derive(Serialize)]
pub struct Verdict {
    ok: bool,
    position: i64,
    projections: Vec<Compared>,
}

#[derive(Serialize)]
struct Compared {
    name: &'static str,
    rows: i64,
    different: i64,
    sample: Vec<Box<RawValue>>,
}

/// Rebuilds the read models of the service from its log and compares.
pub async fn verify(State(context): State<Context>, of: Of) -> Result<Json<Verdict>, ApiError> {
    let (position, differences) = projection::verify(&context.pool, of.service.id).await?;
    let compared = differences.into_iter().map(|difference| {
        let sample = difference.sample.into_iter().map(RawValue::from_string).collect::<Result<_, _>>()?;
        Ok(Compared { name: difference.name, rows: difference.rows, different: difference.different, sample })
    });
    let projections: Vec<Compared> =
        compared.collect::<Result<_, serde_json::Error>>().map_err(|error| store_failure(&error))?;
    let ok = projections.iter().all(|compared| compared.different == 0);
    Ok(Json(Verdict { ok, position: position.0, projections }))
}
