// Package register lists the generators that are compiled: none.
package register
