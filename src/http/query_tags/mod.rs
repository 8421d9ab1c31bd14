//! Extended query tags: attributes that a client makes searchable. (Not part of DICOMweb; Azure's own.)

mod add;
mod answer;
mod body;
mod change;
mod list;
mod page;
mod target;

pub use self::{
    add::add,
    change::{change, delete},
    list::{errors, get, list},
};
