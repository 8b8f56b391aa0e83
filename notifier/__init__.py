"""From an alert to a person who answers: whom to ask and when, what a page says, the channels that carry it."""
