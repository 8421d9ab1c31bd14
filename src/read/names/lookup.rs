//! Looking words up: in which versions of rows they may be.

use std::sync::Arc;

use tantivy::{
    DocSet, Searcher, SegmentReader, TERMINATED, TantivyError, Term, postings::TermInfo, schema::IndexRecordOption,
};

use super::index::{Document, Fields, key, number};
use crate::ids::ServiceId;

/// Entries of one word that are read at most: a word that begins more names leads nowhere.
const READ_AT_MOST: u64 = 20_000;

/// Versions of rows that are worth looking up one by one, however long a walk may be.
const LOOKED_UP_AT_MOST: u64 = 5_000;

/// Entries of a word that are so few that no other word is worth reading unless it has as few.
const FEW: u64 = 100;

/// Bytes of words that are looked for: more than any name has, and less than the database takes for too complex.
const LONGEST_PATTERN: usize = 4_000;

/// Rows that a walk passes in the time of one lookup.
const ROWS_PER_LOOKUP: u64 = 6;

/// Where words may be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hits {
    /// In these versions of rows, by their `since`, and in no other. Some may have ended, or be gone.
    Versions(Vec<i64>),
    /// In so many that a walk over all rows finds enough of them soon.
    Many,
}

/// The index as it was at some time.
pub struct Snapshot {
    pub(super) waiting: Arc<Vec<Arc<Document>>>,
    pub(super) searcher: Searcher,
    pub(super) fields: Fields,
    pub(super) longest: usize,
}

/// A beginning of words.
struct Prefix {
    key: Vec<u8>,
    /// The words of each segment that begin so.
    terms: Vec<Vec<TermInfo>>,
    /// How many entries have them, where one with two such words counts twice.
    entries: u64,
}

impl Snapshot {
    /// Where words that begin like these may be found, for a page that ends behind so many rows. The order of the words
    /// is not looked at.
    pub fn search(
        &self,
        service: ServiceId,
        attribute: &str,
        words: &[String],
        page: i64,
    ) -> Result<Hits, TantivyError> {
        let letters: usize = words.iter().map(String::len).sum();
        if words.is_empty() || words.len() > self.longest || letters > LONGEST_PATTERN {
            return Ok(Hits::Versions(Vec::new()));
        }
        // If one row in n has the words, a walk passes n rows for each of the page.
        let walk = number(page).saturating_mul(self.entries(service)?);
        let worth_looking_up = (walk / ROWS_PER_LOOKUP).isqrt().min(LOOKED_UP_AT_MOST);
        let limits = if words.len() == 1 { &[worth_looking_up][..] } else { &[FEW, READ_AT_MOST] };
        let mut prefixes = Vec::new();
        for limit in limits {
            for word in words {
                prefixes.extend(self.prefix(key(service, attribute, word), *limit)?);
            }
            if !prefixes.is_empty() {
                break;
            }
        }
        match prefixes.as_slice() {
            [] => return Ok(Hits::Many),
            [only] if only.entries > worth_looking_up => return Ok(Hits::Many),
            _ => {}
        }
        let has_all = |document: &&Arc<Document>| prefixes.iter().all(|prefix| prefix.begins_word_of(document));
        let mut versions: Vec<i64> = self.waiting.iter().filter(has_all).map(|document| document.since.0).collect();
        for (number, segment) in self.searcher.segment_readers().iter().enumerate() {
            let documents = self.documents(segment, prefixes.iter().map(|prefix| prefix.terms[number].as_slice()))?;
            let since = segment.fast_fields().u64("since")?;
            let alive = documents.into_iter().filter(|document| !segment.is_deleted(*document));
            versions.extend(alive.filter_map(|document| since.first(document)).filter_map(|at| i64::try_from(at).ok()));
        }
        versions.sort_unstable();
        versions.dedup();
        match versions.len() as u64 > worth_looking_up {
            true => Ok(Hits::Many),
            false => Ok(Hits::Versions(versions)),
        }
    }

    /// How many entries a service has.
    fn entries(&self, service: ServiceId) -> Result<u64, TantivyError> {
        let waiting = self.waiting.iter().filter(|document| document.service == service).count();
        let written = self.searcher.doc_freq(&Term::from_field_u64(self.fields.service, number(service.0)))?;
        Ok(written + waiting as u64)
    }

    /// What the index has of words that begin like this; nothing if more entries than these have them.
    fn prefix(&self, key: Vec<u8>, limit: u64) -> Result<Option<Prefix>, TantivyError> {
        let mut prefix = Prefix { terms: Vec::new(), entries: 0, key };
        for segment in self.searcher.segment_readers() {
            let mut of_segment = Vec::new();
            let inverted = segment.inverted_index(self.fields.word)?;
            let mut terms = inverted.terms().range().ge(&prefix.key).lt(behind(&prefix.key)).into_stream()?;
            while terms.advance() {
                let term = terms.value();
                prefix.entries += u64::from(term.doc_freq);
                if prefix.entries > limit {
                    return Ok(None);
                }
                of_segment.push(term.clone());
            }
            prefix.terms.push(of_segment);
        }
        Ok(Some(prefix))
    }

    /// The documents of a segment that have one of the terms of each word.
    fn documents<'t>(
        &self,
        segment: &SegmentReader,
        words: impl Iterator<Item = &'t [TermInfo]>,
    ) -> Result<Vec<u32>, TantivyError> {
        let inverted = segment.inverted_index(self.fields.word)?;
        let mut common: Option<Vec<u32>> = None;
        for terms in words {
            let mut documents = Vec::new();
            for term in terms {
                let mut postings = inverted.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
                while postings.doc() != TERMINATED {
                    documents.push(postings.doc());
                    postings.advance();
                }
            }
            documents.sort_unstable();
            documents.dedup();
            if let Some(others) = &common {
                documents.retain(|document| others.binary_search(document).is_ok());
            }
            common = Some(documents);
        }
        Ok(common.unwrap_or_default())
    }
}

impl Prefix {
    /// Whether a word of the document begins so.
    fn begins_word_of(&self, document: &Document) -> bool {
        let next = document.words.range(self.key.clone()..).next();
        next.is_some_and(|word| word.starts_with(&self.key))
    }
}

/// The first key behind all those that begin like this one, which ends in UTF-8 and so below 255.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut next = prefix.to_vec();
    if let Some(last) = next.last_mut() {
        *last = last.saturating_add(1);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::Position,
        read::names::{
            index::{Entry, Index},
            words::words,
        },
    };

    const SERVICE: ServiceId = ServiceId(1);

    fn entries(names: &[(i64, &str)]) -> Vec<Entry> {
        let entry = |(since, name): &(i64, &str)| Entry {
            attribute: "a".to_owned(),
            since: Position(*since),
            name: (*name).to_owned(),
        };
        names.iter().map(entry).collect()
    }

    /// The same names loaded, settled and waiting.
    fn indexes(names: &[(i64, &str)]) -> Result<[Index; 3], TantivyError> {
        let (loaded, settled, waiting) = (Index::new()?, Index::new()?, Index::new()?);
        loaded.load(SERVICE, &entries(names))?;
        loaded.commit()?;
        let others: Vec<(i64, &str)> = (0..1_001).map(|since| (since, "other")).collect();
        assert!(settled.add(SERVICE, &[entries(names), entries(&others)].concat()));
        settled.settle()?;
        waiting.add(SERVICE, &entries(names));
        Ok([loaded, settled, waiting])
    }

    fn find(index: &Index, service: ServiceId, attribute: &str, name: &str) -> Result<Hits, TantivyError> {
        index.snapshot().search(service, attribute, &words(name), 100)
    }

    #[test]
    fn words_are_found_by_their_beginnings_in_their_service_and_attribute() -> Result<(), TantivyError> {
        for index in indexes(&[(1, "doe^john"), (2, "roe^jane"), (3, "dorn^jan=\u{5c71}")])? {
            for (name, expected) in [
                ("jo", vec![1]),
                ("do", vec![1, 3]),
                ("do ja", vec![3]),
                ("ja do", vec![3]), // a hint: the database looks at the order
                ("\u{5c71}", vec![3]),
                ("ohn", vec![]),
                ("a b c d e", vec![]),
                ("", vec![]),
            ] {
                assert_eq!(find(&index, SERVICE, "a", name)?, Hits::Versions(expected), "{name}");
            }
            assert_eq!(find(&index, ServiceId(2), "a", "do")?, Hits::Versions(vec![]));
            assert_eq!(find(&index, SERVICE, "b", "do")?, Hits::Versions(vec![]));
        }
        Ok(())
    }

    #[test]
    fn what_came_after_a_position_can_be_forgotten() -> Result<(), TantivyError> {
        for index in indexes(&[(1, "doe"), (2, "doe"), (3, "doe")])? {
            index.add(ServiceId(2), &entries(&[(3, "roe")]));
            index.forget(SERVICE, Position(1))?;
            index.commit()?;
            assert_eq!(find(&index, SERVICE, "a", "doe")?, Hits::Versions(vec![1]));
            assert_eq!(find(&index, ServiceId(2), "a", "roe")?, Hits::Versions(vec![3]));
        }
        Ok(())
    }

    #[test]
    fn what_is_added_while_others_are_written_is_kept() -> Result<(), TantivyError> {
        let index = Index::new()?;
        let many: Vec<(i64, String)> = (1..=3_000).map(|since| (since, format!("doe^{since}x"))).collect();
        std::thread::scope(|scope| {
            let settling = scope.spawn(|| (0..20).try_for_each(|_| index.settle()));
            for (since, name) in &many {
                index.add(SERVICE, &entries(&[(*since, name)]));
                assert_eq!(find(&index, SERVICE, "a", &format!("{since}x"))?, Hits::Versions(vec![*since]));
            }
            settling.join().unwrap_or(Ok(()))
        })?;
        index.settle()?;
        for (since, _) in &many {
            assert_eq!(find(&index, SERVICE, "a", &format!("{since}x"))?, Hits::Versions(vec![*since]));
        }
        Ok(())
    }

    #[test]
    fn words_that_begin_too_many_names_lead_nowhere_unless_others_do() -> Result<(), TantivyError> {
        let name = |since: i64| {
            let half = if since % 2 == 0 { "even" } else { "odd" };
            let third = if since % 300 == 0 { "three" } else { "other" };
            format!("doe^{since}^{half}^{third}")
        };
        let many: Vec<(i64, String)> = (1..=30_000).map(|since| (since, name(since))).collect();
        let index = Index::new()?;
        index.load(SERVICE, &entries(&many.iter().map(|(since, name)| (*since, name.as_str())).collect::<Vec<_>>()))?;
        index.commit()?;
        let found = |name: &str| find(&index, SERVICE, "a", name);
        assert_eq!(found("d")?, Hits::Many);
        assert_eq!(found("e")?, Hits::Many);
        assert_eq!(found("d 29999")?, Hits::Versions(vec![29_999]));
        assert_eq!(found("e th")?, Hits::Versions((1..=100).map(|nth| nth * 300).collect()));
        assert_eq!(found("ev od")?, Hits::Versions(vec![]));
        Ok(())
    }

    #[test]
    fn rows_are_looked_up_unless_a_walk_meets_a_page_of_them_sooner() -> Result<(), TantivyError> {
        let index = Index::new()?;
        let name = |since: i64| if since <= 200 { "doe" } else { "roe" };
        index.load(SERVICE, &entries(&(1..=3_000).map(|since| (since, name(since))).collect::<Vec<_>>()))?;
        index.commit()?;
        // 200 lookups are worth 1,200 rows of a walk, which meets a name every 15 rows.
        for (page, is_walk) in [(10, true), (70, true), (90, false), (i64::MAX, false)] {
            let hits = index.snapshot().search(SERVICE, "a", &words("do"), page)?;
            assert_eq!(hits == Hits::Many, is_walk, "{page}");
        }
        Ok(())
    }

    #[test]
    fn long_words_find_too_much_rather_than_too_little() -> Result<(), TantivyError> {
        let long = "\u{e9}".repeat(1_500);
        for index in indexes(&[(1, &long)])? {
            assert_eq!(find(&index, SERVICE, "a", &long[..200])?, Hits::Versions(vec![1]));
            assert_eq!(find(&index, SERVICE, "a", &format!("{long}x"))?, Hits::Versions(vec![1]));
        }
        Ok(())
    }
}
