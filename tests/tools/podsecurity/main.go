// Podsecurity reads a JSON array of pods ({"metadata": …, "spec": …}) on stdin and checks each against a
// Pod Security level with the evaluator of Kubernetes' own admission plugin.
//
//	podsecurity restricted < pods.json
//
// One line is printed for each pod that is refused; the exit code is 1 when there is one.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "podsecurity:", err)
	os.Exit(2)
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: podsecurity privileged|baseline|restricted < pods.json"))
	}
	level, err := api.ParseLevel(os.Args[1])
	if err != nil {
		fail(err)
	}
	var pods []corev1.Pod
	if err := json.NewDecoder(os.Stdin).Decode(&pods); err != nil {
		fail(err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		fail(err)
	}
	refused := false
	for i := range pods {
		results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pods[i].ObjectMeta, &pods[i].Spec)
		if result := policy.AggregateCheckResults(results); !result.Allowed {
			refused = true
			fmt.Printf("%s: %s\n", pods[i].Name, result.ForbiddenDetail())
		}
	}
	if refused {
		os.Exit(1)
	}
}
