//! Workitems: one, or those that a search finds (PS3.18 11.5 and 11.9).

mod answer;
mod parse;

use sqlx::{QueryBuilder, Row as _};

pub use parse::{Parameters, Query, WorklistRefusal};

use super::{ReadError, View};
use crate::ids::WorkitemKey;

impl View {
    /// The DICOM JSON of a workitem, if there is one.
    pub async fn workitem(&self, key: &WorkitemKey) -> Result<Option<String>, ReadError> {
        let mut query = QueryBuilder::new("select w.dataset from workitems w where w.service = ");
        query.push_bind(self.service.0);
        query.push(" and w.partition = ").push_bind(key.partition.to_string());
        query.push(" and w.workitem = ").push_bind(key.workitem.to_string());
        query.push(" and ");
        self.as_of.push(&mut query, "w");
        let row = query.build().fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get("dataset")).transpose()?)
    }
}
