//! The kinds of harm, by name.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    ByteDropped,
    ByteDoubled,
    BytesSwapped,
    QuoteInserted,
    SeparatorInserted,
    NulInserted,
    LineEndInserted,
    HeaderByteHarmed,
    LineRepeated,
    LineInOtherEncoding,
    LineInOtherNumbers,
    ColumnsShifted,
    EmptyLinesInserted,
    TotalBetweenLoans,
    IdDestroyed,
    NoNumber,
    EndlessField,
    QuotesInTwoLines,
    BytesLostInTwoLines,
    DigitOfWholeAmountLost,
    FileTwice,
    OtherBookAdded,
    OtherBookAddedWithoutHeader,
    OtherBookWithOtherSeparator,
    CutOff,
}

pub const KINDS: [Kind; 25] = [
    Kind::ByteDropped,
    Kind::ByteDoubled,
    Kind::BytesSwapped,
    Kind::QuoteInserted,
    Kind::SeparatorInserted,
    Kind::NulInserted,
    Kind::LineEndInserted,
    Kind::HeaderByteHarmed,
    Kind::LineRepeated,
    Kind::LineInOtherEncoding,
    Kind::LineInOtherNumbers,
    Kind::ColumnsShifted,
    Kind::EmptyLinesInserted,
    Kind::TotalBetweenLoans,
    Kind::IdDestroyed,
    Kind::NoNumber,
    Kind::EndlessField,
    Kind::QuotesInTwoLines,
    Kind::BytesLostInTwoLines,
    Kind::DigitOfWholeAmountLost,
    Kind::FileTwice,
    Kind::OtherBookAdded,
    Kind::OtherBookAddedWithoutHeader,
    Kind::OtherBookWithOtherSeparator,
    Kind::CutOff,
];

/// A harm, and two numbers that choose where it strikes.
#[derive(Debug, Clone, Copy)]
pub struct Harm {
    pub kind: Kind,
    pub place: usize,
    pub part: usize,
}
