package test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	// campaign is the folder whose packages are kept small enough to be read in one go.
	campaign = "../pkg/campaign"
	// maxLines bounds its files, maxMethods the methods that one of its types declares.
	maxLines   = 400
	maxMethods = 15
)

func TestTheRoomsOfCampaignStaySmall(t *testing.T) {
	var wrong []string
	methods := map[string]int{}
	err := filepath.WalkDir(campaign, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := strings.Count(string(source), "\n"); n > maxLines {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines, more than %d", path, n, maxLines))
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil {
				methods[filepath.Dir(path)+"."+receiver(f.Recv.List[0].Type)]++
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, methods)
	for name, n := range methods {
		if n > maxMethods {
			wrong = append(wrong, fmt.Sprintf(
				"%s has %d methods, more than %d", name, n, maxMethods,
			))
		}
	}
	require.Empty(t, wrong, strings.Join(wrong, "\n"))
}

// receiver names the type that a method belongs to.
func receiver(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	default:
		return fmt.Sprintf("%T", e)
	}
}
