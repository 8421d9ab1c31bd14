//! The index itself: folded words → versions of rows, in memory, for all services.

use std::{
    collections::BTreeSet,
    fmt,
    ops::Bound,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tantivy::{
    IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term,
    indexer::IndexWriterOptions,
    query::{BooleanQuery, Occur, Query, RangeQuery, TermQuery},
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema},
};

use super::{lookup::Snapshot, words::words};
use crate::ids::{Position, ServiceId};

/// Entries that wait until they are written: a commit takes milliseconds, to look through these takes microseconds.
const WAITING_AT_MOST: usize = 1_000;

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

/// Folded words → versions of rows.
pub struct Index {
    writer: Mutex<IndexWriter>,
    reader: IndexReader,
    /// What the writer does not have yet, in the order in which it came.
    waiting: Mutex<Arc<Vec<Arc<Document>>>>,
    fields: Fields,
    /// Words of the name that has most.
    longest: AtomicUsize,
}

/// An entry as it is found: by each of its words.
#[derive(Debug)]
pub struct Document {
    pub service: ServiceId,
    pub since: Position,
    /// The words as [`key`] spells them.
    pub words: BTreeSet<Vec<u8>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// Service, attribute and word in one.
    pub word: Field,
    pub service: Field,
    pub since: Field,
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
        Ok(Self { writer, reader, waiting: Mutex::default(), fields, longest: AtomicUsize::new(0) })
    }

    /// Adds a few entries, which are found at once. Tells whether so many wait now that [`Index::settle`] is due.
    pub fn add(&self, service: ServiceId, entries: &[Entry]) -> bool {
        let documents = entries.iter().map(|entry| Arc::new(self.document(service, entry)));
        let mut waiting = lock(&self.waiting);
        Arc::make_mut(&mut waiting).extend(documents);
        waiting.len() > WAITING_AT_MOST
    }

    /// Writes the entries that wait, if they are too many. Takes milliseconds, in which all else goes on.
    pub fn settle(&self) -> Result<(), TantivyError> {
        let mut writer = lock(&self.writer);
        let written = lock(&self.waiting).clone();
        if written.len() <= WAITING_AT_MOST {
            return Ok(()); // somebody else did it
        }
        for document in &*written {
            self.write(&writer, document)?;
        }
        writer.commit()?;
        self.reader.reload()?;
        // Only now: a snapshot that lacks them here has them there. Nothing but additions came between.
        Arc::make_mut(&mut lock(&self.waiting)).drain(..written.len());
        Ok(())
    }

    /// Adds many entries, which are found after [`Index::commit`]. May wait for the thread.
    pub fn load(&self, service: ServiceId, entries: &[Entry]) -> Result<(), TantivyError> {
        let writer = lock(&self.writer);
        entries.iter().try_for_each(|entry| self.write(&writer, &self.document(service, entry)))
    }

    /// Makes what was loaded visible to snapshots from here on.
    pub fn commit(&self) -> Result<(), TantivyError> {
        lock(&self.writer).commit()?;
        self.reader.reload()
    }

    /// Forgets entries of a service that came after a position: at once, or with the next commit.
    pub fn forget(&self, service: ServiceId, after: Position) -> Result<(), TantivyError> {
        let writer = lock(&self.writer); // so that what is being written is forgotten too
        Arc::make_mut(&mut lock(&self.waiting))
            .retain(|document| document.service != service || document.since <= after);
        let of_service = Term::from_field_u64(self.fields.service, number(service.0));
        let later = Bound::Excluded(Term::from_field_u64(self.fields.since, number(after.0)));
        let parts: [Box<dyn Query>; 2] = [
            Box::new(TermQuery::new(of_service, IndexRecordOption::Basic)),
            Box::new(RangeQuery::new(later, Bound::Unbounded)),
        ];
        let both = BooleanQuery::new(parts.into_iter().map(|part| (Occur::Must, part)).collect());
        writer.delete_query(Box::new(both))?;
        Ok(())
    }

    /// The index as it is now.
    pub fn snapshot(&self) -> Snapshot {
        let waiting = lock(&self.waiting).clone(); // before the searcher, which has what no longer waits
        Snapshot {
            waiting,
            searcher: self.reader.searcher(),
            fields: self.fields,
            longest: self.longest.load(Ordering::Relaxed),
        }
    }

    fn document(&self, service: ServiceId, entry: &Entry) -> Document {
        let words = words(&entry.name);
        self.longest.fetch_max(words.len(), Ordering::Relaxed);
        let words = words.iter().map(|word| key(service, &entry.attribute, word)).collect();
        Document { service, since: entry.since, words }
    }

    fn write(&self, writer: &IndexWriter, document: &Document) -> Result<(), TantivyError> {
        let mut written = TantivyDocument::new();
        written.add_u64(self.fields.service, number(document.service.0));
        written.add_u64(self.fields.since, number(document.since.0));
        for word in &document.words {
            written.add_bytes(self.fields.word, word);
        }
        writer.add_document(written)?;
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Numbers here are never negative.
pub fn number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// What a word of a name is found by. Long words are cut, which finds too much rather than too little.
pub fn key(service: ServiceId, attribute: &str, word: &str) -> Vec<u8> {
    let word = word.as_bytes();
    let parts: [&[u8]; 4] =
        [&number(service.0).to_be_bytes(), attribute.as_bytes(), &[0], &word[..word.len().min(WORD_LENGTH)]];
    parts.concat()
}
