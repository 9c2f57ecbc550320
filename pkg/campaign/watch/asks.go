package watch

import "fmt"

// Asks says what a tripwire asks for, and so when its finding ends; least is the smallest group.
func (t Tripwire) Asks(least int, o Options) string {
	switch t {
	case Relay:
		return fmt.Sprintf("%d customers or more, each with %d requests or more that carry a "+
			"constant of relay software, and none of them in a campaign", least, signRequests)
	case HandOver:
		return fmt.Sprintf("%d customers or more that are joined by conversations which one was "+
			"served and another continues, %d or more for each, and that are at most half of all "+
			"accounts", least, handOverConversations)
	case Carried:
		return fmt.Sprintf("%d customers or more that are joined by reasoning which one was given "+
			"and another presents, at least one of which did both", carryingCustomers)
	case WatchLists:
		return fmt.Sprintf("an indicator of a watch list that is in force, on %d customers or "+
			"more or on %d requests, and on no more than %.0f %% of all", least, o.AccountRequests,
			100*broadShare)
	case Unreadable:
		return fmt.Sprintf("%d records or more of an account in a day that cannot be read, more "+
			"than half of its records in that day, while those of others can", unreadableRecords)
	default:
		return "no statistics"
	}
}
