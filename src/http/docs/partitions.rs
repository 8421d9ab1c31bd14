//! Data partitions.

use super::{
    operation::{Group, JSON, get},
    schema::{list, named},
};

/// Data partitions.
pub fn group() -> Group {
    Group {
        name: "Data partitions",
        about: "Where a service has them, what follows lies below `/partitions/{partition}`.",
        operations: vec![
            get("/partitions", "listPartitions", "All partitions")
                .answers_with(200, "in the order in which they came to be", &[JSON], list(named("Partition")))
                .refuses(&[(400, "the service has none")]),
        ],
    }
}
