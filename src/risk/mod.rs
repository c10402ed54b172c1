//! Risk
