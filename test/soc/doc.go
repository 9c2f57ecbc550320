// Package soc holds the recipes of configs/soc and docs/soc against the software that they are for:
// an OpenSearch node, Kafka Connect on a real Kafka, promtool and amtool, pySigma, and the models
// of Microsoft's SDK. test/soc/setup.sh installs them; a test that cannot have its software fails
// and says how to get it. Splunk, Sentinel and Elasticsearch cannot be had: what is copied there is
// read as far as its form goes, and the pages say so.
//
// The records are real: those of the pipeline over a small world (world_test.go).
package soc
