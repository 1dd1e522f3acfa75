package ffd

import "github.com/openkkt/openkkt/tlv"

// nearest is the key of parent that differs least from key; "" when none is
// alike.
func nearest(parent tlv.Tag, key string) string {
	const longest = 48 // no key of the dictionary is longer
	if len(key) > longest {
		return ""
	}
	best, least := "", 1+len(key)/4
	consider := func(name string) {
		if d := distance(key, name); d <= least && (best == "" || d < least) {
			best, least = name, d
		}
	}
	for _, child := range children(parent) {
		for _, name := range find(child).JSON {
			consider(name)
		}
	}
	if isDocument(parent) || parent == Subject {
		consider(extraKey)
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours between a and b, in bytes.
func distance(a, b string) int {
	var twoBack []int
	back := make([]int, len(b)+1)
	for j := range back {
		back[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := back[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(back[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoBack[j-2]+1)
			}
		}
		twoBack, back = back, row
	}
	return back[len(b)]
}
