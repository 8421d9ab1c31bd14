//! `timestamptz` in both directions: microseconds since 2000-01-01, PostgreSQL's own form.

use jiff::Timestamp;
use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, types::Oid},
};

/// Microseconds from 1970-01-01 to 2000-01-01.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// The first moment that PostgreSQL knows, in 4714 BC: whatever lies before it, lies before all that is stored.
const FIRST: i64 = -211_813_488_000_000_000;

/// A point in time as a column holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At(pub Timestamp);

impl Type<Postgres> for At {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184)) // timestamptz
    }
}

impl PgHasArrayType for At {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1185)) // timestamptz[]
    }
}

impl Encode<'_, Postgres> for At {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode((self.0.as_microsecond() - POSTGRES_EPOCH).max(FIRST), buffer)
    }
}

impl Decode<'_, Postgres> for At {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return Err("a timestamp arrived as text: only the binary format is read".into());
        }
        let microseconds = <i64 as Decode<Postgres>>::decode(value)?;
        let time = microseconds.checked_add(POSTGRES_EPOCH).ok_or("a timestamp lies outside the calendar")?;
        Ok(Self(Timestamp::from_microsecond(time)?))
    }
}
