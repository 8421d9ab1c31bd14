//! A folder whose files are imported.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{default_service, start, until};
use crate::support::{Emulator, Instance, STORED_INSTANCE, TestApp, scratch};

/// A server with a folder to import from.
struct Import {
    data: PathBuf,
    folder: PathBuf,
    errors: PathBuf,
}

impl Import {
    fn new(name: &str) -> Self {
        let data = scratch().join(name);
        let (folder, errors) = (data.join("drop/import"), data.join("drop/error"));
        fs::create_dir_all(folder.join(".importing")).unwrap();
        Self { data, folder, errors }
    }

    fn start(&self) -> Emulator {
        start(&self.data, &["--import-dir", self.folder.to_str().unwrap()])
    }

    /// Puts a file into the folder as one should: under its name when it is whole.
    fn put(&self, name: impl AsRef<OsStr>, bytes: &[u8]) {
        let target = self.folder.join(name.as_ref());
        let unfinished = target.with_file_name(".unfinished");
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(&unfinished, bytes).unwrap();
        fs::rename(unfinished, target).unwrap();
    }

    /// Waits until nothing is left to import.
    async fn is_done(&self) {
        until("the folder is empty", async || remaining(&self.folder).is_empty()).await;
    }

    /// What is said of the files that were refused, by their names.
    fn complaints(&self) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.errors).unwrap().map(|entry| entry.unwrap()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(about) = name.strip_suffix(".json") {
                found.push((about.to_owned(), serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap()));
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }
}

/// Files that wait or are being imported: all but the lock and what is hidden.
fn remaining(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match (entry.file_type().is_ok_and(|kind| kind.is_dir()), entry.file_name().to_string_lossy().as_ref()) {
            (true, _) => found.extend(remaining(&entry.path())),
            (false, "lock" | ".hidden.dcm") => {}
            (false, _) => found.push(entry.path()),
        }
    }
    found
}

async fn holds(app: &TestApp, instance: &Instance) {
    let stored = app.get(&instance.path(), STORED_INSTANCE).await.expect(200).body;
    assert!(stored == instance.stored_bytes());
}

#[tokio::test]
async fn files_in_the_folder_and_below_are_stored_as_if_they_had_been_sent() {
    let import = Import::new("import-folder");
    let emulator = import.start();
    let app = default_service(&emulator);
    let (plain, deep, large) =
        (Instance::new().with_preamble(3), Instance::new(), Instance::new().with_pixels(1000, 1100, 5));
    let warned = Instance::new().with(0x0010_0030, "DA", "no date");
    let named = Instance::new();
    import.put("one.dcm", &plain.bytes());
    import.put("a study/series/2", &deep.bytes());
    import.put("large.dcm", &large.bytes());
    import.put("warned.dcm", &warned.bytes());
    import.put(OsStr::from_bytes(b"\xFF\xFE not text.dcm"), &named.bytes());
    let hidden = Instance::new();
    fs::write(import.folder.join(".hidden.dcm"), hidden.bytes()).unwrap();
    import.is_done().await;
    until("all are stored", async || app.feed().await.len() == 5).await;
    for instance in [&plain, &deep, &large, &warned, &named] {
        holds(&app, instance).await;
    }
    app.get(&hidden.path(), STORED_INSTANCE).await.expect(404);
    assert!(app.feed().await.iter().all(|entry| entry["partitionName"] == "Microsoft.Default"));
    assert_eq!(fs::read_dir(&import.errors).unwrap().count(), 0);
}

#[tokio::test]
async fn what_cannot_be_stored_is_moved_beside_with_a_complaint() {
    let import = Import::new("import-errors");
    let emulator = import.start();
    let app = default_service(&emulator);
    let known = Instance::new();
    app.store([&known]).await.expect(200);
    let long = "x".repeat(255);
    let cut = Instance::new().with_pixels(10, 10, 1).bytes();
    import.put("again.dcm", &known.bytes());
    import.put("below/again.dcm", &known.bytes());
    import.put("garbage", b"no DICOM");
    import.put("empty", b"");
    import.put("cut", &cut[..cut.len() - 10]);
    import.put("invalid.dcm", &Instance::new().with(0x0010_0020, "LO", "").without(0x0010_0020).bytes());
    import.put(&long, b"no DICOM");
    symlink("/etc/hostname", import.folder.join("link")).unwrap();
    symlink("/etc", import.folder.join("folder-link")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(import.folder.join("pipe")).status().unwrap().success());
    import.is_done().await;

    let complaints = import.complaints();
    let said: Vec<(&str, &str)> =
        complaints.iter().map(|(about, complaint)| (about.as_str(), complaint["error"].as_str().unwrap())).collect();
    let exists = "The instance exists already. (45070)";
    let unreadable = "The file is no DICOM file, or it is damaged. (43264)";
    let irregular = "It is no regular file.";
    let invalid = complaints.iter().find(|(about, _)| about == "invalid.dcm").unwrap().1["error"].as_str().unwrap();
    assert!(invalid.contains("PatientID") || invalid.contains("0010,0020"), "{invalid}");
    assert_eq!(
        said,
        [
            ("again.dcm", exists),
            ("again.dcm.1", exists),
            ("cut", unreadable),
            ("empty", unreadable),
            ("folder-link", irregular),
            ("garbage", unreadable),
            ("invalid.dcm", invalid),
            ("link", irregular),
            ("pipe", irregular),
            (&long[..200], unreadable),
        ]
    );
    for (about, complaint) in &complaints {
        assert!(import.errors.join(about).symlink_metadata().is_ok(), "{about}");
        assert!(complaint["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert_eq!(complaint.as_object().unwrap().len(), 3);
    }
    assert_eq!(complaints[9].1["file"], json!(long));
    assert_eq!(fs::read(import.errors.join("garbage")).unwrap(), b"no DICOM");
    assert_eq!(app.feed_lines().await, ["1 Create Current"]);
    for line in emulator.output() {
        assert!(!line.contains("garbage") && !line.contains("again.dcm"), "a name in the log: {line}");
    }
}

#[tokio::test]
async fn a_file_that_was_stored_before_a_crash_is_no_duplicate() {
    let import = Import::new("import-crash");
    let emulator = import.start();
    let app = default_service(&emulator);
    let (old, interrupted, changed, lost) = (Instance::new(), Instance::new(), Instance::new(), Instance::new());
    app.store([&old]).await.expect(200);
    app.store([&interrupted, &changed]).await.expect(200);
    drop((emulator, std::mem::ManuallyDrop::new(app)));

    // As a killed server leaves it: taken up when the log had one event.
    let claimed = import.folder.join(".importing");
    let leave = |number: usize, name: &str, bytes: &[u8]| {
        let folder = claimed.join(format!("1-{number}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(name), bytes).unwrap();
    };
    leave(0, "old.dcm", &old.bytes());
    leave(1, "interrupted.dcm", &interrupted.clone().with_preamble(9).bytes());
    leave(2, "changed.dcm", &changed.clone().with(0x0010_0010, "PN", "Other^Name").bytes());
    leave(3, "lost.dcm", &lost.bytes());
    fs::create_dir(claimed.join("1-4")).unwrap();

    let emulator = import.start();
    let app = default_service(&emulator);
    import.is_done().await;
    let complaints = import.complaints();
    let refused: Vec<&str> = complaints.iter().map(|(about, _)| about.as_str()).collect();
    assert_eq!(refused, ["changed.dcm", "old.dcm"]);
    for instance in [&old, &interrupted, &changed, &lost] {
        holds(&app, instance).await;
    }
    assert_eq!(app.feed().await.len(), 4);
    until("the claims are put away", async || fs::read_dir(&claimed).unwrap().count() == 1).await;
}

#[tokio::test]
async fn sudden_death_loses_nothing_and_stores_nothing_twice() {
    let import = Import::new("import-death");
    let instances: Vec<Instance> = (0..150).map(|_| Instance::new()).collect();
    for (number, instance) in instances.iter().enumerate() {
        import.put(format!("{number}.dcm"), &instance.bytes());
    }
    for enough in [10, 40, 90] {
        let mut emulator = import.start();
        let app = default_service(&emulator);
        until("some are stored", async || app.position().await >= enough).await;
        emulator.kill();
        std::mem::forget(app);
    }
    let emulator = import.start();
    let app = default_service(&emulator);
    import.is_done().await;
    for instance in &instances {
        holds(&app, instance).await;
    }
    assert_eq!(app.position().await, 150);
    assert_eq!(import.complaints(), []);
}

#[test]
fn a_folder_for_errors_in_the_import_folder_is_refused() {
    let import = Import::new("import-inside");
    let (folder, inside) = (import.folder.to_str().unwrap(), import.folder.join("error"));
    let flags = ["--import-dir", folder, "--import-error-dir", inside.to_str().unwrap()];
    let refused = Emulator::command(&import.data, &flags).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("must not lie in the import folder"), "{said}");
}
