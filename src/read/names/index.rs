//! The index itself: folded words → versions of rows, in memory, for all services.

use std::{
    collections::BTreeSet,
    fmt,
    ops::Bound,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tantivy::{
    DocSet, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, SegmentReader, TERMINATED,
    TantivyDocument, TantivyError, Term,
    indexer::IndexWriterOptions,
    postings::TermInfo,
    query::{BooleanQuery, Occur, Query, RangeQuery, TermQuery},
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema},
};

use super::words::words;
use crate::ids::{Position, ServiceId};

/// Entries of one word that are read at most: a word that begins more names leads nowhere.
const READ_AT_MOST: u32 = 50_000;

/// Versions of rows that are worth looking up one by one.
const LOOKED_UP_AT_MOST: usize = 2_000;

/// Bytes of a word that are compared here.
const WORD_LENGTH: usize = 128;

/// A name in a version of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the name is: table and column, or whatever the reader of the rows calls it.
    pub attribute: String,
    /// The event that made the version of the row.
    pub since: Position,
    /// The folded name.
    pub name: String,
}

/// Where words may be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hits {
    /// In these versions of rows, by their `since`, and in no other. Some may have ended, or be gone.
    Versions(Vec<i64>),
    /// In so many that a condition on the name itself finds enough of them soon.
    Many,
}

/// Folded words → versions of rows.
pub struct Index {
    writer: Mutex<IndexWriter>,
    reader: IndexReader,
    fields: Fields,
    /// Words of the name that has most.
    longest: AtomicUsize,
}

#[derive(Debug, Clone, Copy)]
struct Fields {
    /// Service, attribute and word in one.
    word: Field,
    service: Field,
    since: Field,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("longest", &self.longest).finish_non_exhaustive()
    }
}

impl Index {
    /// An empty index. It has a thread that waits.
    pub fn new() -> Result<Self, TantivyError> {
        let mut schema = Schema::builder();
        let fields = Fields {
            word: schema.add_bytes_field("word", INDEXED),
            service: schema.add_u64_field("service", INDEXED),
            since: schema.add_u64_field("since", FAST),
        };
        let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        let index = tantivy::Index::builder().schema(schema.build()).settings(settings).create_in_ram()?;
        let options = IndexWriterOptions::builder().num_worker_threads(1).num_merge_threads(1).build();
        let writer = Mutex::new(index.writer_with_options(options)?);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { writer, reader, fields, longest: AtomicUsize::new(0) })
    }

    /// Adds entries, which are found after [`Index::commit`]. May wait for the thread.
    pub fn add(&self, service: ServiceId, entries: &[Entry]) -> Result<(), TantivyError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let words = words(&entry.name);
            self.longest.fetch_max(words.len(), Ordering::Relaxed);
            let mut document = TantivyDocument::new();
            document.add_u64(self.fields.service, number(service.0));
            document.add_u64(self.fields.since, number(entry.since.0));
            let words: BTreeSet<Vec<u8>> = words.iter().map(|word| key(service, &entry.attribute, word)).collect();
            for word in words {
                document.add_bytes(self.fields.word, &word);
            }
            writer.add_document(document)?;
        }
        Ok(())
    }

    /// Forgets entries of a service that came after a position, with the next commit.
    pub fn forget(&self, service: ServiceId, after: Position) -> Result<(), TantivyError> {
        let of_service = Term::from_field_u64(self.fields.service, number(service.0));
        let later = Bound::Excluded(Term::from_field_u64(self.fields.since, number(after.0)));
        let parts: [Box<dyn Query>; 2] = [
            Box::new(TermQuery::new(of_service, IndexRecordOption::Basic)),
            Box::new(RangeQuery::new(later, Bound::Unbounded)),
        ];
        let both = BooleanQuery::new(parts.into_iter().map(|part| (Occur::Must, part)).collect());
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).delete_query(Box::new(both))?;
        Ok(())
    }

    /// Makes what was added visible to searchers from here on.
    pub fn commit(&self) -> Result<(), TantivyError> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).commit()?;
        self.reader.reload()
    }

    /// A searcher of what was committed.
    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Where words that begin like these may be found. The order of the words is not looked at.
    pub fn search(
        &self,
        searcher: &Searcher,
        service: ServiceId,
        attribute: &str,
        words: &[String],
    ) -> Result<Hits, TantivyError> {
        if words.is_empty() || words.len() > self.longest.load(Ordering::Relaxed) {
            return Ok(Hits::Versions(Vec::new()));
        }
        let mut selective = Vec::new();
        for word in words {
            if let Some(terms) = self.terms(searcher, &key(service, attribute, word))? {
                selective.push(terms);
            }
        }
        if selective.is_empty() {
            return Ok(Hits::Many);
        }
        let mut versions = BTreeSet::new();
        for (number, segment) in searcher.segment_readers().iter().enumerate() {
            let documents = self.documents(segment, selective.iter().map(|terms| terms[number].as_slice()))?;
            let since = segment.fast_fields().u64("since")?;
            let alive = documents.into_iter().filter(|document| !segment.is_deleted(*document));
            versions.extend(alive.filter_map(|document| since.first(document)).filter_map(|at| i64::try_from(at).ok()));
            if versions.len() > LOOKED_UP_AT_MOST {
                return Ok(Hits::Many);
            }
        }
        Ok(Hits::Versions(versions.into_iter().collect()))
    }

    /// The terms of each segment that begin like this, unless too many entries have them.
    fn terms(&self, searcher: &Searcher, prefix: &[u8]) -> Result<Option<Vec<Vec<TermInfo>>>, TantivyError> {
        let mut found = Vec::new();
        let mut entries = 0;
        for segment in searcher.segment_readers() {
            let mut of_segment = Vec::new();
            let inverted = segment.inverted_index(self.fields.word)?;
            let mut terms = inverted.terms().range().ge(prefix).lt(behind(prefix)).into_stream()?;
            while terms.advance() {
                let term = terms.value();
                entries += term.doc_freq;
                if entries > READ_AT_MOST {
                    return Ok(None);
                }
                of_segment.push(term.clone());
            }
            found.push(of_segment);
        }
        Ok(Some(found))
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

/// Numbers here are never negative.
fn number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// What a word of a name is found by. Long words are cut, which finds too much rather than too little.
fn key(service: ServiceId, attribute: &str, word: &str) -> Vec<u8> {
    let word = word.as_bytes();
    let parts: [&[u8]; 4] =
        [&number(service.0).to_be_bytes(), attribute.as_bytes(), &[0], &word[..word.len().min(WORD_LENGTH)]];
    parts.concat()
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

    const SERVICE: ServiceId = ServiceId(1);

    fn index(names: &[(i64, &str)]) -> Result<Index, TantivyError> {
        let index = Index::new()?;
        let entry = |(since, name): &(i64, &str)| Entry {
            attribute: "a".to_owned(),
            since: Position(*since),
            name: (*name).to_owned(),
        };
        index.add(SERVICE, &names.iter().map(entry).collect::<Vec<_>>())?;
        index.commit()?;
        Ok(index)
    }

    fn find(index: &Index, service: ServiceId, attribute: &str, name: &str) -> Result<Hits, TantivyError> {
        index.search(&index.searcher(), service, attribute, &words(name))
    }

    #[test]
    fn words_are_found_by_their_beginnings_in_their_service_and_attribute() -> Result<(), TantivyError> {
        let index = index(&[(1, "doe^john"), (2, "roe^jane"), (3, "dorn^jan=\u{5c71}")])?;
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
        Ok(())
    }

    #[test]
    fn what_came_after_a_position_can_be_forgotten() -> Result<(), TantivyError> {
        let index = index(&[(1, "doe"), (2, "doe"), (3, "doe")])?;
        index.forget(SERVICE, Position(1))?;
        index.commit()?;
        assert_eq!(find(&index, SERVICE, "a", "doe")?, Hits::Versions(vec![1]));
        Ok(())
    }

    #[test]
    fn words_that_begin_too_many_names_lead_nowhere_unless_others_do() -> Result<(), TantivyError> {
        let many: Vec<(i64, String)> = (1..=3_000).map(|since| (since, format!("doe^{since}"))).collect();
        let index = index(&many.iter().map(|(since, name)| (*since, name.as_str())).collect::<Vec<_>>())?;
        assert_eq!(find(&index, SERVICE, "a", "d")?, Hits::Many);
        assert_eq!(find(&index, SERVICE, "a", "d 2999")?, Hits::Versions(vec![2_999]));
        Ok(())
    }

    #[test]
    fn long_words_find_too_much_rather_than_too_little() -> Result<(), TantivyError> {
        let long = "\u{e9}".repeat(40_000);
        let index = index(&[(1, &long)])?;
        assert_eq!(find(&index, SERVICE, "a", &long[..200])?, Hits::Versions(vec![1]));
        assert_eq!(find(&index, SERVICE, "a", &format!("{long}x"))?, Hits::Versions(vec![1]));
        Ok(())
    }
}
