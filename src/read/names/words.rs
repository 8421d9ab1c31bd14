//! What the words of a name are, and the same for the database (PS3.4 C.2.2.2.1.1 leaves fuzzy matching to the service).

/// The words of a folded name.
pub fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What separates words in a folded name, as a regular expression names it: white space and ASCII punctuation.
const SEPARATORS: &str = "][:space:]\u{85}\u{1680}\u{2028}\u{2029}!\"#$%&'()*+,./:;<=>?@[\\\\^_`{|}~-";

/// A regular expression for words that begin like these and follow one another. Words hold no separators.
pub fn word_pattern(words: &[String]) -> String {
    format!("(^|[{SEPARATORS}]){}", words.join(&format!("[^{SEPARATORS}]*[{SEPARATORS}]+")))
}
