//! The house keeps its shape: each layer imports only what stands before it, and no file outgrows its room.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The layers in order, each with those that it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("dicom", &[]),
    ("clock", &[]),
    ("ids", &["dicom"]),
    ("domain", &["dicom", "clock", "ids"]),
    ("blob", &["ids"]),
    ("config", &[]),
    ("postgres", &["config"]),
    ("projection", &["dicom", "domain", "ids", "postgres"]),
    ("log", &["clock", "domain", "ids", "postgres", "projection"]),
    ("read", &["dicom", "domain", "ids", "log", "postgres", "projection"]),
    ("command", &["blob", "dicom", "domain", "ids", "log", "read"]),
    ("runner", &["blob", "command", "dicom", "domain", "ids", "log", "read"]),
    ("import", &["blob", "command", "dicom", "domain", "ids", "log", "read"]),
    ("http", &["blob", "clock", "command", "dicom", "domain", "ids", "log", "projection", "read", "runner"]),
    ("control", &["blob", "clock", "command", "domain", "http", "ids", "log", "projection", "read"]),
    (
        "app",
        &[
            "blob",
            "clock",
            "command",
            "config",
            "control",
            "http",
            "ids",
            "import",
            "log",
            "postgres",
            "projection",
            "runner",
        ],
    ),
];

/// Words that may not occur in a layer's code, and why.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("dicom", &["sqlx", "axum", "tokio", "Timestamp::now", "SystemTime", "Instant"]),
    ("domain", &["sqlx", "axum", "tokio", "Timestamp::now", "SystemTime", "Instant"]),
    ("blob", &["sqlx", "axum"]),
    ("projection", &["axum", "Timestamp::now"]),
    ("log", &["axum", "Timestamp::now"]),
    ("read", &["axum", "Timestamp::now"]),
    ("command", &["sqlx::query", "axum", "Timestamp::now"]),
    ("runner", &["sqlx::query", "axum", "Timestamp::now"]),
    ("import", &["sqlx::query", "axum", "Timestamp::now"]),
    ("http", &["sqlx::query", "Timestamp::now"]),
    ("control", &["sqlx", "Timestamp::now"]),
];

/// Lines after which a file is two rooms.
const LONGEST: usize = 500;

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&entry).unwrap();
                found.push((entry, text));
            }
        }
    }
    found
}

/// The layer of a file: its first folder, or its own name.
fn layer(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(root).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The first segments of all `crate::` paths in code.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, _) in text.match_indices("crate::") {
        let rest = &text[index + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(list) => found.extend(top_level_words(list)),
        }
    }
    found
}

/// The first word of every entry of a braced list, up to its closing brace.
fn top_level_words(list: &str) -> Vec<String> {
    let (mut words, mut depth, mut at_start) = (Vec::new(), 0, true);
    for (index, character) in list.char_indices() {
        match character {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if character.is_whitespace() => {}
            _ if at_start => {
                words.push(word(&list[index..]));
                at_start = false;
            }
            _ => {}
        }
    }
    words
}

fn word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

#[test]
fn each_layer_imports_only_what_stands_before_it() {
    for (path, text) in sources() {
        let layer = layer(&path);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else { continue };
        for import in imports(&text) {
            let is_allowed = import == layer || allowed.contains(&import.as_str());
            assert!(is_allowed, "{} imports `{import}`: {layer} may import {allowed:?}", path.display());
        }
    }
}

#[test]
fn every_layer_is_listed() {
    for (path, _) in sources() {
        let layer = layer(&path);
        let known =
            LAYERS.iter().any(|(name, _)| *name == layer) || ["lib", "main", "client"].contains(&layer.as_str());
        assert!(known, "{} belongs to no layer", path.display());
    }
}

#[test]
fn layers_know_nothing_of_what_is_not_theirs() {
    for (path, text) in sources() {
        let layer = layer(&path);
        let forbidden = FORBIDDEN.iter().find(|(name, _)| *name == layer).map_or(&[][..], |(_, words)| words);
        let code: String = text.split("#[cfg(test)]").next().unwrap_or_default().lines().filter(is_code).collect();
        for word in forbidden {
            assert!(!code.contains(word), "{} speaks of {word}", path.display());
        }
    }
}

fn is_code(line: &&str) -> bool {
    !line.trim_start().starts_with("//")
}

#[test]
fn no_file_outgrows_its_room() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines: it is two rooms", path.display());
    }
}
