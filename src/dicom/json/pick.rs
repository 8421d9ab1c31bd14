//! A few attributes of a large data set.

use std::collections::{BTreeMap, BTreeSet};

use dicom_core::Tag;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The wanted attributes of a data set at its top level, each as it is written there.
pub fn pick(dataset: &str, wanted: &BTreeSet<Tag>) -> serde_json::Result<BTreeMap<Tag, String>> {
    struct Pick<'w>(&'w BTreeSet<Tag>);

    impl<'de> Visitor<'de> for Pick<'_> {
        type Value = BTreeMap<Tag, String>;

        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("a dataset")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut picked = BTreeMap::new();
            while let Some((key, element)) = map.next_entry::<&str, &RawValue>()? {
                let number = u32::from_str_radix(key, 16).unwrap_or_default();
                let tag = Tag((number >> 16) as u16, number as u16);
                if self.0.contains(&tag) {
                    picked.insert(tag, element.get().to_owned());
                }
            }
            Ok(picked)
        }
    }

    serde_json::Deserializer::from_str(dataset).deserialize_map(Pick(wanted))
}
