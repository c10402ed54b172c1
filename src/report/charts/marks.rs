//! Marks and legends: each group has its own shape, so that it can be recognised in print and without colour.

use askama::Template;

#[derive(Clone, Copy)]
pub enum Shape {
    Dot,
    Triangle,
    Cross,
    Square,
    Diamond,
    Plus,
}

impl Shape {
    /// In the order in which groups get them.
    pub const ALL: [Self; 6] = [Self::Dot, Self::Triangle, Self::Cross, Self::Square, Self::Diamond, Self::Plus];

    pub fn class(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Cross | Self::Plus => "stroke",
            Self::Triangle | Self::Square | Self::Diamond => "fill",
        }
    }

    /// The path of one mark around a point, in whole units: a scatter has hundreds of marks, and this keeps the page small.
    pub fn path(self, x: f64, y: f64) -> String {
        let start = |left: f64, up: f64| format!("M{:.0} {:.0}", x - left, y - up);
        match self {
            Self::Dot => start(0.0, 0.0) + "h0",
            Self::Triangle => start(0.0, 3.0) + "l4 7h-8z",
            Self::Cross => start(3.0, 3.0) + "l6 6m0-6l-6 6",
            Self::Square => start(2.5, 2.5) + "h5v5h-5z",
            Self::Diamond => start(0.0, 4.0) + "l4 4-4 4-4-4z",
            Self::Plus => start(0.0, 3.0) + "v7m-3-4h7",
        }
    }
}

/// An entry of a legend.
pub struct Legend {
    pub class: String,
    pub mark_class: &'static str,
    pub mark: String,
    pub label: String,
}

impl Legend {
    pub fn of_mark(class: String, shape: Shape, label: String) -> Self {
        Self { class, mark_class: shape.class(), mark: shape.path(8.0, 8.0), label }
    }

    pub fn of_line(class: &str, label: String) -> Self {
        Self { class: class.to_owned(), mark_class: "stroke", mark: "M1 8h14".to_owned(), label }
    }

    pub fn of_area(class: &str, label: String) -> Self {
        Self { class: class.to_owned(), mark_class: "fill", mark: "M1 2h14v12h-14z".to_owned(), label }
    }
}

#[derive(Template)]
#[template(path = "charts/legend.html")]
pub struct LegendList<'a> {
    pub items: &'a [Legend],
}

impl askama::filters::HtmlSafe for LegendList<'_> {}
