//! The worklist service (UPS-RS, PS3.18 chapter 11).
//!
//! Two kinds of client are served: those of Azure, which send arrays of data sets, and those that send a bare data set
//! and name the Transaction UID in a header. What a body looks like tells which one it is; a strict server takes only
//! the former.

mod answer;
mod body;
mod cancel;
mod change_state;
mod create;
mod retrieve;
mod search;
mod subscriptions;
mod target;
mod update;

pub use self::{
    cancel::cancel, change_state::change_state, create::create, retrieve::retrieve, search::search,
    subscriptions::not_implemented, update::update,
};
