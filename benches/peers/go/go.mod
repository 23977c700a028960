module go-codec-peer

go 1.22.0

require (
	github.com/enbility/ship-go v0.6.0
	github.com/enbility/spine-go v0.7.0
)

require (
	github.com/rickb777/date v1.21.1 // indirect
	github.com/rickb777/plural v1.4.2 // indirect
	gitlab.com/c0b/go-ordered-json v0.0.0-20201030195603-febf46534d5a // indirect
)
