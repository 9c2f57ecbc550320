// Package interop compares what real gateways, instrumentations and collectors write with what
// `stillwatch decode` makes of it.
//
// `make interop` (build tag interop) runs the software at the versions of the folder software, lets
// it make the calls of model/calls.json against a model server of its own, and checks the events
// field by field. What it captured once is in the folder captures, with the events that have to
// come of it; the tests without the tag read these files and need none of the software.
package interop
