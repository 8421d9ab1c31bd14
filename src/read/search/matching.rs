//! One condition as SQL. Values are always bound, never spliced.

use sqlx::{Postgres, QueryBuilder};

use super::parse::Matching;
use crate::read::names::push_words;

/// Adds the condition on a column of folded values.
pub fn push_matching(sql: &mut QueryBuilder<Postgres>, column: &str, matching: &Matching) {
    match matching {
        Matching::Equal(value) => {
            sql.push(format_args!("{column} = ")).push_bind(value.clone());
        }
        Matching::AnyOf(values) => {
            sql.push(format_args!("{column} = any(")).push_bind(values.clone()).push(")");
        }
        Matching::Between(from, to) => {
            sql.push(format_args!("{column} is not null"));
            for (operator, end) in [(">=", from), ("<=", to)] {
                if let Some(end) = end {
                    sql.push(format_args!(" and {column} {operator} ")).push_bind(end.clone());
                }
            }
        }
        Matching::Like(pattern) => {
            sql.push(format_args!("{column} like ")).push_bind(like_pattern(pattern));
            // A plan that is kept does not know the pattern; said like this, it can use an index nevertheless.
            let prefix = pattern.split(['*', '?']).next().unwrap_or_default();
            if !prefix.is_empty() {
                sql.push(format_args!(" and {column} >= ")).push_bind(prefix.to_owned());
            }
            if let Some(behind) = behind(prefix) {
                sql.push(format_args!(" and {column} < ")).push_bind(behind);
            }
        }
        Matching::Words(words) => push_words(sql, column, words),
    }
}

/// The first text behind all those that begin like this one, as the database sorts: by code point.
fn behind(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// `*` and `?` as `like` spells them; what `like` would take for more than itself is escaped.
fn like_pattern(pattern: &str) -> String {
    let mut like = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '*' => like.push('%'),
            '?' => like.push('_'),
            '%' | '_' | '\\' => like.extend(['\\', character]),
            other => like.push(other),
        }
    }
    like
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_alike_ends_at_the_next_character() {
        for (prefix, next) in
            [("pat", Some("pau")), ("é", Some("ê")), ("\u{D7FF}", Some("\u{E000}")), ("a\u{10FFFF}", Some("b"))]
        {
            assert_eq!(behind(prefix).as_deref(), next);
        }
        assert_eq!(behind(""), None);
        assert_eq!(behind("\u{10FFFF}"), None);
    }

    #[test]
    fn only_star_and_question_mark_are_wild() {
        assert_eq!(like_pattern("a*b?c"), "a%b_c");
        assert_eq!(like_pattern(r"50%_\"), r"50\%\_\\");
    }
}
