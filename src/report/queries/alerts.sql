select alert, loans, outstanding
from alerts
order by outstanding desc, alert;
