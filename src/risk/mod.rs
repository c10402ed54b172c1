//! Risk

#[derive(Debug, thiserror::Error)]
pub enum RiskError {}
